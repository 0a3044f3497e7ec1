//! The event log: it has no gaps, and each event is in it once. And what the deliveries and retried calls store.

use std::collections::BTreeMap;

use super::{Partitions, is_hash, is_id, kind};
use crate::Row;

/// Returns whether this is the key of a segment of the log, of an event, or of a webhook endpoint. The partition key ends with `id`.
pub(super) fn is_log_key(id: &str, sk: &str) -> bool {
    match id.split_once('#') {
        None if id == "N" => is_id(sk),
        None => id.is_empty() && sequence(sk).is_some(),
        Some(("U", customer)) => is_hash(customer),
        Some(("C" | "B" | "F" | "N", subject)) => is_id(subject),
        Some(_) => false,
    }
}

/// Returns whether this is the key of what deliveries or retried calls store. The partition key ends with `id`.
pub(super) fn is_delivery_key(id: &str, sk: &str) -> bool {
    if id == "Q" {
        return is_call(sk.strip_suffix("#B").unwrap_or(sk));
    }
    id.strip_prefix("N#").is_some_and(is_id)
        && (sk == "A"
            || sk.strip_prefix("H#").is_some_and(|subject| !subject.is_empty())
            || sk.strip_prefix("G#").is_some_and(|given_up| sequence(given_up).is_some())
            || sk.strip_prefix("T#").is_some_and(is_id))
}

/// Returns whether the text is the id of an automation, the id of an execution, and the number of a step.
pub(super) fn is_call(text: &str) -> bool {
    let parts: Vec<_> = text.split('#').collect();
    matches!(parts[..], [automation, execution, step] if is_id(automation) && is_id(execution) && step.parse::<u32>().is_ok())
}

fn sequence(sk: &str) -> Option<u64> {
    (sk.len() == 16).then(|| sk.parse().ok()).flatten()
}

/// Returns the gaps and overlaps of each workspace's log, and the events that are not in it exactly once.
pub(super) fn violations(partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut listed: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (pk, segments) in partitions.iter().filter(|(pk, _)| matches!(kind(pk), Some((_, "K", "")))) {
        let mut end = None;
        for (sk, segment) in segments {
            let first = sequence(sk).unwrap_or_default();
            let follows = end.is_none_or(|end| end == first || segment.number("j") == end);
            if !follows {
                broken.push(format!("{pk} {sk}: does not follow {end:?}"));
            }
            let references = references(segment);
            for (event, place) in references.iter().zip(first..) {
                listed.entry(format!("{pk}#{event}")).or_default().push(place);
            }
            end = Some(first + references.len() as u64);
        }
    }
    for (pk, events) in partitions {
        let Some((_, "K", subject)) = kind(pk) else { continue };
        if !subject.contains('#') {
            continue;
        }
        for (sk, event) in events {
            let places = listed.get(&format!("{pk} {sk}")).cloned().unwrap_or_default();
            if places != [event.number("q")] {
                broken.push(format!("{pk} {sk}: is event {} and listed as {places:?}", event.number("q")));
            }
        }
    }
    broken
}

/// Returns the ends of the partition keys and the sort keys of a segment's events.
fn references(segment: &Row) -> Vec<String> {
    let texts = segment.attribute("r")["L"].as_array().into_iter().flatten().filter_map(|text| text["S"].as_str());
    texts
        .map(|text| {
            let parts: Vec<_> = text.split('|').collect();
            format!("{} {}", parts.get(1).unwrap_or(&""), parts.get(2).unwrap_or(&""))
        })
        .collect()
}
