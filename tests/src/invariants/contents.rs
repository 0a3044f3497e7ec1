//! Invariants of long messages: a message, its object and the object's item refer to each other.

use std::collections::BTreeSet;

use super::{Partitions, is_id, kind};
use crate::{Row, unpacked};

/// Returns the key of the item of a message's object.
fn object_of(workspace: &str, message: &Row) -> Option<String> {
    message.attribute("contentObject")["M"]["i"]["S"].as_str().map(|id| format!("W#{workspace}#T#{id}"))
}

/// Returns messages whose object may expire or is another message's, and objects that are kept without a message.
pub(super) fn violations(partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut used = BTreeSet::new();
    for (pk, partition) in partitions {
        let Some((workspace, "C", _)) = kind(pk) else { continue };
        let is_deleted = partition.get("A").is_none_or(|row| row.has("deletedAt"));
        for message in partition.values().filter(|row| row.sk().starts_with("M#")) {
            let Some(object) = object_of(workspace, message) else { continue };
            let item = partitions.get(object.as_str()).and_then(|rows| rows.get("A"));
            // The object of a deleted conversation's message is removed before the message.
            if !is_deleted && item.is_none_or(|item| item.has("job") || item.has("expiresAt")) {
                broken.push(format!("{pk} {}: its object is not kept", message.sk()));
            }
            if !used.insert(object) {
                broken.push(format!("{pk} {}: shares its object", message.sk()));
            }
        }
    }
    for (pk, partition) in partitions.iter().filter(|(pk, _)| matches!(kind(pk), Some((_, "T", _)))) {
        if partition.get("A").is_some_and(|item| !item.has("job")) && !used.contains(*pk) {
            broken.push(format!("{pk}: is kept without a message"));
        }
    }
    broken
}

/// Returns objects without an item, and objects that are missing.
pub(super) fn orphans(rows: &[Row], objects: &[String]) -> Vec<String> {
    let (mut known, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let Some((workspace, "T", id)) = kind(row.pk()).filter(|(_, _, id)| is_id(id)) else { continue };
        let Some(key) = unpacked(workspace).zip(unpacked(id)).map(|(w, id)| format!("content/{w}/{id}")) else {
            continue;
        };
        if !row.has("job") {
            kept.insert(key.clone());
        }
        known.insert(key);
    }
    let there: BTreeSet<_> = objects.iter().filter(|key| key.starts_with("content/")).cloned().collect();
    let unknown = there.difference(&known).map(|key| format!("{key}: an object without an item"));
    let missing = kept.difference(&there).map(|key| format!("{key}: a long message without its object"));
    unknown.chain(missing).collect()
}
