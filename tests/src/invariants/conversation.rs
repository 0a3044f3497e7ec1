use std::collections::BTreeMap;

use super::{Partitions, kind};
use crate::Row;

/// The attributes that every conversation item must have. An update of a missing item would create one without
/// them.
const COMPLETE: [&str; 21] = [
    "activity",
    "attempt",
    "awaitingReply",
    "channel",
    "createdAt",
    "customer",
    "escalated",
    "format",
    "messageCount",
    "number",
    "orderMark",
    "p1",
    "p2",
    "p4",
    "priority",
    "source",
    "status",
    "subject",
    "unreadCount",
    "updatedAt",
    "version",
];

/// Returns the violations of a conversation's item.
pub(super) fn violations(row: &Row, partition: &BTreeMap<&str, &Row>, partitions: &Partitions<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let pk = row.pk();
    let workspace = kind(pk).map(|(workspace, ..)| workspace).unwrap_or_default();
    for attribute in COMPLETE.iter().filter(|attribute| !row.has(attribute)) {
        broken.push(format!("{pk}: has no {attribute}"));
    }
    let status = row.get("status").unwrap_or_default();
    let is_shard_of = |attribute: &str, start: String| {
        let shard = row.get(attribute).and_then(|partition| partition.strip_prefix(&start));
        shard.and_then(|shard| shard.parse::<u8>().ok()).is_some_and(|shard| shard < 64)
    };
    if !is_shard_of("p1", format!("W#{workspace}#S#{status}#")) {
        broken.push(format!("{pk}: is {status} but indexed in {:?}", row.get("p1")));
    }
    let assignee = row.get("assigneeId");
    let is_indexed = match assignee {
        Some(assignee) => is_shard_of("p3", format!("W#{workspace}#G#{assignee}#")),
        None => !row.has("p3"),
    };
    if !is_indexed {
        broken.push(format!("{pk}: is assigned to {assignee:?} but indexed in {:?}", row.get("p3")));
    }
    if !is_shard_of("p4", format!("W#{workspace}#T#")) {
        broken.push(format!("{pk}: its creation is indexed in {:?}", row.get("p4")));
    }
    // A conversation is due at the end of its snooze, and otherwise never.
    let is_due_right = row.has("due") == row.has("p5")
        && row.get("p5").is_none_or(|partition| ["T#0", "T#1", "T#2", "T#3"].contains(&partition))
        && (!row.has("due") || row.attribute("due") == row.attribute("snoozedUntil"))
        && (row.has("due") || row.number("snoozedUntil") <= row.number("updatedAt"));
    if !is_due_right {
        broken.push(format!("{pk}: snoozed until {:?}, due {:?}", row.attribute("snoozedUntil"), row.attribute("due")));
    }
    let solved = status == "solved";
    if solved != row.has("closedAt") || solved != row.has("resolution") {
        broken.push(format!("{pk}: closedAt and resolution do not match {status}"));
    }
    let customer = row.get("p2").and_then(|pk| partitions.get(pk)).and_then(|customer| customer.get("A"));
    // Anonymous customers have a record only if a back end created one.
    let needs_record = row.customer("identitySource") != Some("anonymous");
    if needs_record && customer.is_none_or(|customer| customer.get("id") != row.customer("id")) {
        broken.push(format!("{pk}: indexed under {:?}, which is not its customer", row.get("p2")));
    }
    let large = row.attribute("largeMetadata")["BOOL"] == true;
    if large && (row.has("metadata") || !partition.contains_key("D")) {
        broken.push(format!("{pk}: its large metadata is misplaced"));
    }
    broken
}
