//! What must hold in every table, whatever happened to it.

mod bulk;
mod conversation;
mod files;
mod thread;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::Row;

pub(crate) use files::orphans;

/// Rows by partition and sort key.
type Partitions<'r> = BTreeMap<&'r str, BTreeMap<&'r str, &'r Row>>;

/// Every invariant that these rows break, in words.
#[must_use]
pub fn violations(rows: &[Row]) -> Vec<String> {
    let mut partitions = Partitions::new();
    for row in rows {
        partitions.entry(row.pk()).or_default().insert(row.sk(), row);
    }
    let mut broken = Vec::new();
    for row in rows {
        broken.extend(misplaced(row, &partitions));
    }
    broken.extend(keys(&partitions));
    broken.extend(customers(&partitions));
    broken.extend(unique(&partitions));
    broken.extend(files::violations(&partitions));
    for (pk, partition) in partitions.iter().filter(|(pk, _)| matches!(kind(pk), Some((_, "C", _)))) {
        match partition.get("A") {
            None => broken.push(format!("{pk}: {:?} lie under a conversation that is gone", partition.keys())),
            // One that is being deleted is on its way out: what is under it goes step by step.
            Some(row) if row.get("deletedAt").is_some() => {}
            Some(row) => {
                broken.extend(conversation::violations(row, partition, &partitions));
                broken.extend(thread::violations(row, partition));
            }
        }
    }
    broken
}

/// The workspace, the letter of the kind and the id in a partition key of a workspace.
fn kind(pk: &str) -> Option<(&str, &str, &str)> {
    let mut parts = pk.strip_prefix("W#")?.splitn(3, '#');
    Some((parts.next()?, parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
}

fn is_uuid(text: &str) -> bool {
    deskless_domain::KeyId::parse(text).is_some()
}

/// The first 16 bytes of a digest in base32.
fn is_hash(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
}

/// Rows that are of no kind that there is, of no workspace that there is, or that point into another one.
fn misplaced(row: &Row, partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let (pk, sk) = (row.pk(), row.sk());
    let Some((workspace, letter, id)) = kind(pk) else {
        let known = (pk == "WS" && is_uuid(sk)) || (pk.starts_with("K#") && sk == "A");
        if !known {
            broken.push(format!("{pk} {sk}: is of no known kind"));
        }
        return broken;
    };
    let known = match letter {
        "" => sk == "A" || sk.strip_prefix("K#").is_some_and(is_uuid),
        "C" => {
            is_uuid(id)
                && (matches!(sk, "A" | "D" | "Z")
                    || sk.strip_prefix("M#").is_some_and(is_uuid)
                    || sk.strip_prefix("F#").is_some_and(is_uuid)
                    || sk.strip_prefix("P#").is_some_and(is_hash))
        }
        "X" | "U" | "I" => is_hash(id) && sk == "A",
        "F" => is_uuid(id) && sk == "A",
        "E" => is_hash(id) && sk == "!",
        // The window's number stands behind the key's id.
        "R" => {
            id.split_once('#').is_some_and(|(key, window)| is_uuid(key) && window.parse::<u32>().is_ok())
                && (matches!(sk, "K" | "N") || sk.strip_prefix("U#").is_some_and(is_hash))
                && row.number("expiresAt") > 0
        }
        // A bulk action, the ids of its later steps and what it has dealt with; their listing.
        "B" if id.is_empty() => is_uuid(sk) && row.number("expiresAt") > 0,
        "B" => {
            is_uuid(id)
                && (sk == "A"
                    || sk.strip_prefix("I#").is_some_and(|chunk| chunk.parse::<u8>().is_ok())
                    || sk.strip_prefix("D#").is_some_and(is_uuid))
                && row.number("expiresAt") > 0
        }
        "N" => id.is_empty() && sk == "A",
        "Z" => matches!(id, "0" | "1" | "2" | "3") && sk == "A",
        // An automation, or a run of the one whose id stands behind.
        "O" => {
            (id.is_empty() && is_uuid(sk))
                || (is_uuid(id) && sk.strip_prefix("X#").is_some_and(is_uuid) && row.number("expiresAt") > 0)
        }
        // The audit's rows, and small collections: assistants, members, pipelines, inboxes, views, predefined messages.
        "L" | "A" | "H" | "J" | "Q" | "V" | "Y" => id.is_empty() && is_uuid(sk),
        _ => false,
    };
    if !known {
        broken.push(format!("{pk} {sk}: is of no known kind"));
    }
    if !partitions.get("WS").is_some_and(|all| all.contains_key(workspace)) {
        broken.push(format!("{pk} {sk}: belongs to a workspace that is not there"));
    }
    for (name, value) in row.0.as_object().into_iter().flatten() {
        let foreign = value["S"].as_str().and_then(kind).is_some_and(|(other, ..)| other != workspace);
        if foreign && name.starts_with("gsi") {
            broken.push(format!("{pk} {sk}: {name} points into another workspace"));
        }
    }
    let indexed = row.get("gsi1pk").and_then(kind).map(|(_, letter, _)| letter);
    let fits = match letter {
        "C" if sk == "A" => matches!(indexed, Some("S" | "T")),
        // Who is being erased stands in no list.
        "U" if row.number("erasingSince") > 0 => indexed.is_none(),
        "U" => indexed == Some("L"),
        // By its title, and by its id where another has the same.
        "Y" => {
            let title = row.0["fields"]["M"]["title"]["S"].as_str().unwrap_or_default().to_lowercase();
            indexed == Some("Y") && row.get("activity") == Some(&format!("{title}\t{sk}"))
        }
        _ => row.0.as_object().is_some_and(|row| !row.keys().any(|name| name.starts_with("gsi"))),
    };
    if !fits {
        broken.push(format!("{pk} {sk}: stands in an index where it does not belong: {:?}", row.get("gsi1pk")));
    }
    if letter == "I" && (row.number("expiresAt") == 0 || row.number("status") == 0) {
        broken.push(format!("{pk} {sk}: is no complete idempotency record"));
    }
    broken
}

/// A key is found by its secret and in its workspace's listing, with the same attributes.
fn keys(partitions: &Partitions<'_>) -> Vec<String> {
    let attributes = |row: &Row| {
        let mut attributes = row.0.clone();
        for key in ["pk", "sk"] {
            attributes[key] = Value::Null;
        }
        attributes
    };
    let mut by_secret = HashMap::new();
    let mut listed = HashMap::new();
    for (pk, partition) in partitions {
        for (sk, row) in partition {
            if pk.starts_with("K#") {
                by_secret.insert((row.get("workspaceId"), row.get("id")), attributes(row));
            } else if let (Some((workspace, "", _)), Some(id)) = (kind(pk), sk.strip_prefix("K#")) {
                listed.insert((Some(workspace), Some(id)), attributes(row));
            }
        }
    }
    let ids: HashSet<_> = by_secret.keys().chain(listed.keys()).collect();
    ids.into_iter()
        .filter(|id| by_secret.get(*id) != listed.get(*id))
        .map(|id| format!("{id:?}: the key and its listing differ"))
        .collect()
}

/// Every email belongs to a customer who is there.
fn customers(partitions: &Partitions<'_>) -> Vec<String> {
    let mut known = HashSet::new();
    let mut claims = Vec::new();
    for (pk, row) in partitions.iter().flat_map(|(pk, rows)| rows.values().map(move |row| (pk, row))) {
        match kind(pk) {
            Some((workspace, "U", _)) => {
                known.insert((workspace, row.get("id")));
            }
            Some((workspace, "E", _)) => claims.push((workspace, row.get("customerId"), pk)),
            _ => {}
        }
    }
    claims
        .into_iter()
        .filter(|(workspace, customer, _)| !known.contains(&(*workspace, *customer)))
        .map(|(_, customer, pk)| format!("{pk}: claimed by {customer:?}, who is not there"))
        .collect()
}

/// Whatever of a delivered stream does not show in the table: call it after everything was delivered.
#[must_use]
pub fn unsettled(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    // What each conversation was last counted as.
    let known: HashMap<&str, &Row> = rows.iter().filter(|row| row.sk() == "Z").map(|row| (row.pk(), row)).collect();
    let mut counted: BTreeMap<(&str, String), i64> = BTreeMap::new();
    let mut there: BTreeMap<(&str, String), i64> = BTreeMap::new();
    for row in rows {
        match kind(row.pk()) {
            Some((workspace, "Z", _)) => {
                for status in ["open", "waiting", "solved"] {
                    let count = row.get(status).and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
                    if count < 0 {
                        broken.push(format!("{}: counts {count} {status}", row.pk()));
                    }
                    *counted.entry((workspace, status.to_owned())).or_default() += count;
                }
            }
            Some((_, "F", _)) if row.get("deletedAt").is_some() => {
                broken.push(format!("{}: is deleted and not erased", row.pk()));
            }
            Some((_, "C", _)) if row.get("deletedAt").is_some() => {
                broken.push(format!("{}: is deleted and not purged", row.pk()));
            }
            Some((workspace, "C", _)) if row.sk() == "A" => {
                let status = row.get("status");
                *there.entry((workspace, status.unwrap_or_default().to_owned())).or_default() += 1;
                let known = known.get(row.pk());
                let fits = known.is_some_and(|known| {
                    known.get("status") == status && known.number("version") <= row.number("version")
                });
                if !fits {
                    broken.push(format!("{}: is {status:?} and was last counted as {known:?}", row.pk()));
                }
            }
            _ => {}
        }
    }
    broken.extend(bulk::unsettled(rows));
    counted.retain(|_, count| *count != 0);
    if counted != there {
        broken.push(format!("counted are {counted:?}, and there are {there:?}"));
    }
    broken
}

/// Numbers and externalIds are unique in a workspace, and an externalId and its conversation name each other.
fn unique(partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut numbers = HashSet::new();
    let mut external_ids = HashSet::new();
    let mut claims: HashMap<(&str, &str), usize> = HashMap::new();
    for (pk, partition) in partitions {
        if let (Some((workspace, "X", _)), Some(claim)) = (kind(pk), partition.get("A")) {
            let id = claim.get("conversationId").unwrap_or_default();
            *claims.entry((workspace, id)).or_default() += 1;
            let named = partitions.get(format!("W#{workspace}#C#{id}").as_str());
            if !named.is_some_and(|conversation| conversation.contains_key("A")) {
                broken.push(format!("{pk}: an externalId of a conversation that is not there"));
            }
        }
    }
    for (pk, partition) in partitions {
        let (Some((workspace, "C", id)), Some(row)) = (kind(pk), partition.get("A")) else { continue };
        let number = row.number("number");
        let last =
            partitions.get(format!("W#{workspace}#N").as_str()).and_then(|n| n.get("A")).map(|n| n.number("last"));
        if !numbers.insert((workspace, number)) {
            broken.push(format!("{pk}: the number {number} is there twice"));
        }
        if number == 0 || last.is_none_or(|last| number > last) {
            broken.push(format!("{pk}: has the number {number}, and the last one given is {last:?}"));
        }
        let external_id = row.get("externalId");
        if external_id.is_some() && !external_ids.insert((workspace, external_id)) {
            broken.push(format!("{pk}: the externalId {external_id:?} is there twice"));
        }
        let wanted = usize::from(external_id.is_some());
        let found = claims.get(&(workspace, id)).copied().unwrap_or(0);
        if found != wanted {
            broken.push(format!("{pk}: {found} externalIds name it, not {wanted}"));
        }
    }
    broken
}
