//! Invariants of the table.

mod bulk;
mod claims;
mod contents;
mod conversation;
mod counters;
mod events;
mod files;
mod thread;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::{Row, packed_digest, unpacked};

pub use counters::miscounted;

/// Returns objects that nothing refers to, and items whose object is missing.
pub(crate) fn orphans(rows: &[Row], objects: &[String]) -> Vec<String> {
    [files::orphans(rows, objects), contents::orphans(rows, objects)].concat()
}

/// The attributes that are partition keys of the indexes.
const INDEX_KEYS: [&str; 4] = ["p1", "p2", "p3", "p4"];

/// Items by partition and sort key.
type Partitions<'r> = BTreeMap<&'r str, BTreeMap<&'r str, &'r Row>>;

/// Returns a message for every violated invariant.
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
    broken.extend(claims::members(&partitions));
    broken.extend(claims::sessions(&partitions));
    broken.extend(files::violations(&partitions));
    broken.extend(events::violations(&partitions));
    broken.extend(contents::violations(&partitions));
    for (pk, partition) in partitions.iter().filter(|(pk, _)| matches!(kind(pk), Some((_, "C", _)))) {
        match partition.get("A") {
            // The counted state of a deleted conversation stays for some days.
            None if partition.len() == 1 && partition.get("Z").is_some_and(|state| state.has("expiresAt")) => {}
            None => broken.push(format!("{pk}: {:?} belong to a deleted conversation", partition.keys())),
            // The items of a deleted conversation are removed step by step.
            Some(row) if row.has("deletedAt") => {}
            Some(row) => {
                broken.extend(conversation::violations(row, partition, &partitions));
                broken.extend(thread::violations(row, partition));
            }
        }
    }
    broken
}

/// Parses a workspace's partition key into the workspace ID, the letter of the kind and the ID.
fn kind(pk: &str) -> Option<(&str, &str, &str)> {
    let mut parts = pk.strip_prefix("W#")?.splitn(3, '#');
    Some((parts.next()?, parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
}

/// Returns whether the text is a packed ID.
fn is_id(text: &str) -> bool {
    unpacked(text).is_some_and(|uuid| deskless_domain::KeyId::parse(&uuid).is_some())
}

/// Returns whether the text is the packed first 16 bytes of a digest.
fn is_hash(text: &str) -> bool {
    unpacked(text).is_some()
}

/// Returns items of an unknown kind or workspace, and items that refer to another workspace.
fn misplaced(row: &Row, partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let (pk, sk) = (row.pk(), row.sk());
    let Some((workspace, letter, id)) = kind(pk) else {
        let known = (pk == "WS" && is_id(sk)) || (pk == "DK" && sk == "A") || (pk.starts_with("K#") && sk == "A");
        if !known {
            broken.push(format!("{pk} {sk}: unknown kind"));
        }
        return broken;
    };
    let known = match letter {
        "" => matches!(sk, "A" | "N" | "O") || sk.strip_prefix("K#").is_some_and(is_id),
        "C" => {
            is_id(id)
                && (matches!(sk, "A" | "D" | "Z")
                    || sk.strip_prefix("M#").is_some_and(is_id)
                    || sk.strip_prefix("F#").is_some_and(is_id)
                    || sk.strip_prefix("P#").is_some_and(is_hash)
                    || sk.strip_prefix("I#").is_some_and(is_hash)
                    || sk.strip_prefix("Q#").is_some_and(events::is_call)
                    || sk
                        .strip_prefix("X#")
                        .and_then(|ids| ids.split_once('#'))
                        .is_some_and(|(a, b)| is_id(a) && is_id(b)))
        }
        "X" | "I" | "W" => is_hash(id) && sk == "A",
        // A customer, and the idempotency records of commands on them.
        "U" => is_hash(id) && (sk == "A" || sk.strip_prefix("I#").is_some_and(is_hash)),
        "F" | "T" => is_id(id) && sk == "A",
        "E" => is_hash(id) && (sk == "!" || sk.strip_prefix("U#").is_some_and(is_id)),
        // The key's ID and the number of the window.
        "R" => {
            // The uploads of a customer in an hour.
            let is_uploads = sk == "F" && id.rsplit_once('#').is_some_and(|(customer, _)| is_hash(customer));
            let is_window = id.split_once('#').is_some_and(|(key, window)| is_id(key) && window.parse::<u32>().is_ok())
                && (matches!(sk, "K" | "A" | "N" | "W") || sk.strip_prefix("U#").is_some_and(is_hash));
            (is_uploads || is_window) && row.number("expiresAt") > 0
        }
        // A bulk action's list entry. Then its item, the IDs of its later steps and its processed conversations.
        "B" if id.is_empty() => is_id(sk) && row.number("expiresAt") > 0,
        "B" => {
            is_id(id)
                && (sk == "A"
                    || sk.strip_prefix("I#").is_some_and(|chunk| chunk.parse::<u8>().is_ok())
                    || sk.strip_prefix("D#").is_some_and(is_id))
                && row.number("expiresAt") > 0
        }
        "N" => id.is_empty() && sk == "A",
        // The queue of removals, and the deleted conversations in it.
        "P" => id.is_empty() && (sk == "A" || sk.strip_prefix("C#").is_some_and(is_id)),
        "Z" => id.is_empty() && counters::Cell::of(row).is_some(),
        // An entry of the change log.
        "M" => id.is_empty() && is_id(sk) && row.number("expiresAt") > 0 && row.has("ids"),
        // An automation, or a run of the automation with this ID.
        "O" => {
            (id.is_empty() && is_id(sk))
                || (is_id(id) && sk.strip_prefix("X#").is_some_and(is_id) && row.number("expiresAt") > 0)
        }
        "V" if !id.is_empty() => events::is_delivery_key(id, sk),
        "K" => events::is_log_key(id, sk),
        // The claim on a member's email address.
        "H" if !id.is_empty() => is_hash(id) && sk == "!",
        // Audit entries and small collections: assistants, members, pipelines, inboxes, views, predefined messages.
        "L" | "A" | "H" | "J" | "Q" | "V" | "Y" => id.is_empty() && is_id(sk),
        _ => false,
    };
    if !known {
        broken.push(format!("{pk} {sk}: unknown kind"));
    }
    if !partitions.get("WS").is_some_and(|all| all.contains_key(workspace)) {
        broken.push(format!("{pk} {sk}: belongs to an unknown workspace"));
    }
    for (name, value) in row.0.as_object().into_iter().flatten() {
        let foreign = value["S"].as_str().and_then(kind).is_some_and(|(other, ..)| other != workspace);
        if foreign && INDEX_KEYS.contains(&name.as_str()) {
            broken.push(format!("{pk} {sk}: {name} refers to another workspace"));
        }
    }
    let indexed = row.get("p1").and_then(kind).map(|(_, letter, _)| letter);
    let fits = match letter {
        "C" if sk == "A" => matches!(indexed, Some("S" | "D")),
        // A customer being erased is not listed.
        "U" if row.number("erasingSince") > 0 || sk != "A" => indexed.is_none(),
        "U" => indexed == Some("L"),
        // Sorted by title, then by ID.
        "Y" => {
            let title = row.attribute("fields")["M"]["title"]["S"].as_str().unwrap_or_default().to_lowercase();
            indexed == Some("Y") && row.get("activity") == Some(&format!("{title}\t{sk}"))
        }
        _ => !INDEX_KEYS.iter().any(|name| row.has(name)),
    };
    if !fits {
        broken.push(format!("{pk} {sk}: is in the wrong index: {:?}", row.get("p1")));
    }
    // An erased record has neither.
    if letter == "I"
        && (row.number("expiresAt") == 0 || row.has("fingerprint") == row.attribute("outcome")["B"].is_null())
    {
        broken.push(format!("{pk} {sk}: is an incomplete idempotency record"));
    }
    broken
}

/// Returns the API keys whose two items, by secret and by workspace, differ.
fn keys(partitions: &Partitions<'_>) -> Vec<String> {
    let attributes = |row: &Row| {
        let mut attributes = row.0.clone();
        for key in ["pk", "sk"] {
            attributes[key] = Value::Null;
        }
        attributes
    };
    let owned = |row: &Row, name: &str| row.get(name).map(str::to_owned);
    let mut by_secret = HashMap::new();
    let mut listed = HashMap::new();
    let mut counts: HashMap<_, [u64; 2]> = HashMap::new();
    for (pk, partition) in partitions {
        for (sk, row) in partition {
            if pk.starts_with("K#") {
                by_secret.insert((owned(row, "workspaceId"), owned(row, "id")), attributes(row));
            } else if let (Some((workspace, "", _)), Some(id)) = (kind(pk), sk.strip_prefix("K#")) {
                listed.insert((unpacked(workspace), unpacked(id)), attributes(row));
                counts.entry(workspace).or_default()[0] += u64::from(row.get("revokedAt").is_none());
            } else if let (Some((workspace, "", _)), "N") = (kind(pk), *sk) {
                counts.entry(workspace).or_default()[1] += row.number("keys");
            }
        }
    }
    let ids: HashSet<_> = by_secret.keys().chain(listed.keys()).collect();
    let different = ids.into_iter().filter(|id| by_secret.get(*id) != listed.get(*id));
    let mut broken: Vec<_> = different.map(|id| format!("{id:?}: the key and its listing differ")).collect();
    let miscounted = counts.into_iter().filter(|(_, [actual, counted])| actual != counted);
    broken.extend(miscounted.map(|(workspace, [actual, counted])| {
        format!("{workspace}: {counted} API keys are counted, and {actual} are not revoked")
    }));
    broken
}

/// Returns the customers who are not listed under exactly the email address that they have.
fn customers(partitions: &Partitions<'_>) -> Vec<String> {
    let mut wanted = BTreeMap::new();
    let mut listed = BTreeMap::new();
    for (pk, row) in partitions.iter().flat_map(|(pk, rows)| rows.values().map(move |row| (pk, row))) {
        match kind(pk) {
            Some((workspace, "U", _)) if row.sk() == "A" && row.has("registeredEmail") => {
                let email = row.get("registeredEmail").unwrap_or_default();
                let digest = packed_digest(email);
                wanted.insert((workspace, row.get("id").unwrap_or_default()), (digest, row.get("activity")));
            }
            Some((workspace, "E", email)) => {
                let id = row.get("customerId").unwrap_or_default();
                if listed.insert((workspace, id), (email.to_owned(), row.get("activity"))).is_some() {
                    return vec![format!("{pk}: the customer {id} is listed twice")];
                }
            }
            _ => {}
        }
    }
    let different = wanted.keys().chain(listed.keys()).filter(|id| wanted.get(*id) != listed.get(*id));
    different
        .map(|id| format!("{id:?}: has the email {:?}, and is listed at {:?}", wanted.get(id), listed.get(id)))
        .collect()
}

/// Returns a message for every effect of the stream that is missing. Call it after all records were delivered.
#[must_use]
pub fn unsettled(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    for row in rows {
        match row.letter() {
            // The registration that may be running has to end first.
            Some("F") if row.has("deletedAt") && row.number("expiresAt") == 0 => {
                broken.push(format!("{}: is deleted but not erased", row.pk()));
            }
            Some("T") if row.has("job") && row.number("expiresAt") == 0 => {
                broken.push(format!("{}: its message is deleted, but not its object", row.pk()));
            }
            Some("P") if row.sk() != "A" || row.has("job") => {
                broken.push(format!("{} {}: is still in the queue of removals", row.pk(), row.sk()));
            }
            Some("C") if row.has("deletedAt") => broken.push(format!("{}: is deleted but not removed", row.pk())),
            _ => {}
        }
    }
    broken.extend(miscounted(rows));
    broken.extend(bulk::unsettled(rows));
    broken
}

/// Returns duplicate numbers and external IDs, and external IDs that do not match their conversation.
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
                broken.push(format!("{pk}: an externalId of an unknown conversation"));
            }
        }
    }
    for (pk, partition) in partitions {
        let (Some((workspace, "C", id)), Some(row)) = (kind(pk), partition.get("A")) else { continue };
        let number = row.number("number");
        let last =
            partitions.get(format!("W#{workspace}#N").as_str()).and_then(|n| n.get("A")).map(|n| n.number("last"));
        if !numbers.insert((workspace, number)) {
            broken.push(format!("{pk}: the number {number} is used twice"));
        }
        if number == 0 || last.is_none_or(|last| number > last) {
            broken.push(format!("{pk}: has the number {number}, but the last number is {last:?}"));
        }
        let external_id = row.get("externalId");
        if external_id.is_some() && !external_ids.insert((workspace, external_id)) {
            broken.push(format!("{pk}: the externalId {external_id:?} is used twice"));
        }
        let wanted = usize::from(external_id.is_some());
        let found = claims.get(&(workspace, id)).copied().unwrap_or(0);
        if found != wanted {
            broken.push(format!("{pk}: {found} externalIds refer to it, not {wanted}"));
        }
    }
    broken
}
