//! Claims: each one belongs to what it names, and each owner has exactly its claims.

use std::collections::BTreeMap;

use super::{Partitions, kind};
use crate::Row;

/// Owners by workspace and by what they claim.
type Owners<'r> = BTreeMap<(&'r str, String), Vec<&'r str>>;

/// Returns the email addresses of members that are claimed by none or by another member, or used twice.
pub(super) fn members(partitions: &Partitions<'_>) -> Vec<String> {
    let mut claimed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut broken = Vec::new();
    for (pk, partition) in partitions {
        if let (Some((workspace, "H", _)), Some(claim)) = (kind(pk), partition.get("!")) {
            claimed.entry(workspace).or_default().push(claim.get("resourceId").unwrap_or_default());
        }
    }
    let mut emails = Owners::new();
    for (pk, partition) in partitions {
        let Some((workspace, "H", "")) = kind(pk) else { continue };
        let mut owners = Vec::new();
        for (id, member) in partition.iter().filter(|(_, member)| !member.has("archivedAt")) {
            let email = member.attribute("fields")["M"]["email"]["S"].as_str().unwrap_or_default().to_lowercase();
            emails.entry((workspace, email)).or_default().push(id);
            owners.push(*id);
        }
        let mut claimed = claimed.remove(workspace).unwrap_or_default();
        claimed.sort_unstable();
        owners.sort_unstable();
        if claimed != owners {
            broken.push(format!("{pk}: the members {owners:?} have the claims {claimed:?}"));
        }
    }
    broken.extend(claimed.into_iter().map(|(workspace, ids)| format!("{workspace}: {ids:?} are claims of no member")));
    broken.extend(twice(&emails, "email address"));
    broken
}

/// Returns sessionKeys that two open conversations of an inbox have, and claims that do not match.
pub(super) fn sessions(partitions: &Partitions<'_>) -> Vec<String> {
    let mut claimed = Vec::new();
    let mut open = Vec::new();
    let mut keys = Owners::new();
    for (pk, partition) in partitions {
        match (kind(pk), partition.get("A")) {
            (Some((workspace, "W", _)), Some(claim)) => {
                claimed.push((workspace, claim.get("conversationId").unwrap_or_default()));
            }
            (Some((workspace, "C", id)), Some(row)) if is_open(row) => {
                let Some(key) = row.get("sessionKey") else { continue };
                let inbox = row.get("inboxId").unwrap_or("-");
                keys.entry((workspace, format!("{inbox} {key}"))).or_default().push(id);
                open.push((workspace, id));
            }
            _ => {}
        }
    }
    claimed.sort_unstable();
    open.sort_unstable();
    let mut broken = twice(&keys, "sessionKey");
    if claimed != open {
        broken.push(format!("open conversations with a sessionKey are {open:?}, and the claims are of {claimed:?}"));
    }
    broken
}

fn is_open(row: &Row) -> bool {
    !row.has("deletedAt") && row.get("status") != Some("solved")
}

fn twice(owners: &Owners<'_>, what: &str) -> Vec<String> {
    let twice = owners.iter().filter(|(_, ids)| ids.len() > 1);
    twice.map(|((workspace, text), ids)| format!("{workspace}: the {what} {text} is used by {ids:?}")).collect()
}
