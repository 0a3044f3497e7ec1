use std::collections::BTreeMap;

use super::{Partitions, kind};
use crate::Row;

/// The attributes that every conversation item must have. An update of a missing item would create one without
/// them.
const COMPLETE: [&str; 18] = [
    "activity",
    "attempt",
    "awaitingReply",
    "channel",
    "customer",
    "escalated",
    "format",
    "gsi1pk",
    "gsi2pk",
    "messageCount",
    "number",
    "orderMark",
    "priority",
    "source",
    "status",
    "subject",
    "unreadCount",
    "version",
];

/// Returns the violations of a conversation's item.
pub(super) fn violations(row: &Row, partition: &BTreeMap<&str, &Row>, partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let pk = row.pk();
    let workspace = kind(pk).map(|(workspace, ..)| workspace).unwrap_or_default();
    for attribute in COMPLETE.iter().filter(|attribute| row.0.get(**attribute).is_none()) {
        broken.push(format!("{pk}: has no {attribute}"));
    }
    let status = row.get("status").unwrap_or_default();
    let shard = row.get("gsi1pk").and_then(|partition| partition.strip_prefix(&format!("W#{workspace}#S#{status}#")));
    if shard.and_then(|shard| shard.parse::<u8>().ok()).is_none() {
        broken.push(format!("{pk}: is {status} but indexed in {:?}", row.get("gsi1pk")));
    }
    let solved = status == "solved";
    if solved != row.get("closedAt").is_some() || solved != row.get("resolution").is_some() {
        broken.push(format!("{pk}: closedAt and resolution do not match {status}"));
    }
    let customer = row.get("gsi2pk").and_then(|pk| partitions.get(pk)).and_then(|customer| customer.get("A"));
    let said = &row.0["customer"]["M"];
    // Anonymous customers have a record only if a back end created one.
    let needs_record = said["identitySource"]["S"] != "anonymous";
    if needs_record && customer.is_none_or(|customer| customer.get("id") != said["id"]["S"].as_str()) {
        broken.push(format!("{pk}: indexed under {:?}, which is not its customer", row.get("gsi2pk")));
    }
    let large = row.0.get("largeMetadata").is_some_and(|large| large["BOOL"] == true);
    if large && (row.get("metadata").is_some() || !partition.contains_key("D")) {
        broken.push(format!("{pk}: its large metadata is misplaced"));
    }
    broken
}
