//! Invariants of files: a file, its conversation and its object refer to each other.

use std::collections::BTreeSet;

use super::{Partitions, is_id, kind};
use crate::{Row, packed, unpacked};

/// Returns files and conversations that do not refer to each other.
pub(super) fn violations(partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let conversation = |workspace: &str, id: &str| partitions.get(format!("W#{workspace}#C#{id}").as_str());
    for (pk, partition) in partitions {
        match (kind(pk), partition.get("A")) {
            (Some((workspace, "F", id)), Some(row)) => {
                let ready = row.get("status") == Some("ready");
                if row.get("deletedAt").is_none()
                    && (ready || row.get("claimedUntil").is_some()) == (row.number("expiresAt") > 0)
                {
                    broken.push(format!("{pk}: expiresAt does not match its state"));
                }
                let Some(owner) = row.get("conversationId").map(packed) else { continue };
                let marked =
                    conversation(workspace, &owner).is_some_and(|rows| rows.contains_key(format!("F#{id}").as_str()));
                if ready && row.get("deletedAt").is_none() && !marked {
                    broken.push(format!("{pk}: the conversation {owner} does not refer to it"));
                }
            }
            (Some((workspace, "C", owner)), Some(row)) if row.get("deletedAt").is_none() => {
                for id in partition.keys().filter_map(|sk| sk.strip_prefix("F#")) {
                    let file = partitions.get(format!("W#{workspace}#F#{id}").as_str()).and_then(|rows| rows.get("A"));
                    if file.and_then(|file| file.get("conversationId")).map(packed).as_deref() != Some(owner) {
                        broken.push(format!("{pk}: refers to the file {id}, which is missing or belongs elsewhere"));
                    }
                }
            }
            _ => {}
        }
    }
    broken
}

/// Returns registered objects without an item, and files without an object.
pub(crate) fn orphans(rows: &[Row], objects: &[String]) -> Vec<String> {
    let files = rows.iter().filter(|row| matches!(kind(row.pk()), Some((_, "F", id)) if is_id(id)));
    let key = |row: &Row| {
        let (workspace, _, id) = kind(row.pk())?;
        Some(format!("files/{}/{}", unpacked(workspace)?, unpacked(id)?))
    };
    let (mut known, mut ready) = (BTreeSet::new(), BTreeSet::new());
    for row in files {
        known.extend(key(row));
        if row.get("status") == Some("ready") && row.get("deletedAt").is_none() {
            ready.extend(key(row));
        }
    }
    let there: BTreeSet<_> = objects.iter().filter(|key| key.starts_with("files/")).cloned().collect();
    let unknown = there.difference(&known).map(|key| format!("{key}: an object without an item"));
    let missing = ready.difference(&there).map(|key| format!("{key}: a file without its object"));
    unknown.chain(missing).collect()
}
