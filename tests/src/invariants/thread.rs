use std::collections::BTreeMap;

use deskless_domain::{MessageBody, MessageDraft, MessageId, MessageType, Metadata, Role};

use crate::{Row, unpacked};

/// Returns the differences between a conversation's summary and its messages.
pub(super) fn violations(row: &Row, partition: &BTreeMap<&str, &Row>) -> Vec<String> {
    let mut broken = Vec::new();
    let pk = row.pk();
    let id = pk.rsplit('#').next().unwrap_or_default();
    let thread: BTreeMap<&str, &Row> =
        partition.iter().filter_map(|(sk, row)| Some((sk.strip_prefix("M#")?, *row))).collect();
    let replies = || thread.iter().filter(|(_, message)| message.get("type") == Some("reply"));
    let newest = replies().next_back();
    let mut must = |holds: bool, what: String| {
        if !holds {
            broken.push(format!("{pk}: {what}"));
        }
    };

    let count = row.number("messageCount");
    must(count == thread.len() as u64, format!("counts {count} messages but has {}", thread.len()));

    let newest_id = newest.map(|(id, _)| *id);
    let shown = row.get("previewMessageId");
    must(shown == newest_id, format!("shows {shown:?} but the newest reply is {newest_id:?}"));
    let preview = newest.map(|(_, message)| preview(message));
    must(row.preview() == preview, format!("previews {:?}, not {preview:?}", row.preview()));

    let place = newest_id.unwrap_or(id);
    // Activity never moves back. If it is newer than the newest reply, that reply was deleted.
    let stands = row.get("activity").unwrap_or_default();
    let was_deleted = stands > place && !thread.contains_key(stands);
    must(stands == place || was_deleted, format!("is sorted by {stands}, not by {place}"));

    let last = thread.keys().next_back().copied().unwrap_or(id);
    let mark = row.get("orderMark").unwrap_or_default();
    must(mark >= last && mark >= stands, format!("has the order mark {mark}, but its last message is {last}"));
    must(thread.keys().next().is_none_or(|first| *first > id), "has a message older than itself".to_owned());

    let waiting = newest.is_some_and(|(_, message)| message.get("role") == Some("user"));
    must(row.attribute("awaitingReply")["BOOL"] == waiting, format!("awaitingReply is not {waiting}"));

    let read = row.get("readUpTo").unwrap_or_default();
    let unread = replies().filter(|(id, m)| m.get("role") == Some("user") && **id > read).count() as u64;
    let counted = row.number("unreadCount");
    must(counted == unread, format!("counts {counted} unread replies but has {unread}"));

    let first = replies().find(|(_, message)| message.get("role") == Some("assistant"));
    let first = first.and_then(|(id, _)| Some(MessageId::parse(&unpacked(id)?)?.time().as_millis().to_string()));
    let responded = row.get("firstResponseAt");
    // The first response may have been deleted. Millisecond times compare as text, since they have the same length.
    let fits = responded == first.as_deref() || responded.is_some_and(|at| first.as_deref().is_none_or(|f| at < f));
    must(fits, format!("has the first response time {responded:?}, but the first response is of {first:?}"));

    // Creation is version 1, with or without messages. Each further addition adds one. At most 20 messages are added at once.
    let version = row.number("version");
    must(version >= count.div_ceil(20).max(1), format!("has version {version} but {count} messages"));
    let mut named = BTreeMap::new();
    for (sk, claim) in partition.iter().filter(|(sk, _)| sk.starts_with("P#")) {
        let message = claim.get("messageId").unwrap_or_default();
        must(unpacked(message).is_some(), format!("{sk} refers to no message"));
        named.entry(message).or_insert_with(Vec::new).push(*sk);
    }
    let mut external_ids = std::collections::BTreeSet::new();
    for (message, row) in &thread {
        if let Some(external_id) = row.get("externalId") {
            must(named.contains_key(message), format!("the externalId of the message {message} is not claimed"));
            must(external_ids.insert(external_id), format!("the externalId {external_id} is used twice"));
        }
        let complete = ["role", "type", "version"].iter().all(|attribute| row.has(attribute));
        let complete = complete && ["body", "content", "contentObject", "attachments"].iter().any(|part| row.has(part));
        must(complete, format!("the message {message} is incomplete"));
    }
    broken
}

/// Returns the preview of a stored message.
fn preview(row: &Row) -> String {
    let body = row.get("body").and_then(|body| MessageBody::parse(body.to_owned()).ok());
    if body.is_none() {
        let files = row.attribute("attachments")["L"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = files.iter().filter_map(|file| file["M"]["n"]["S"].as_str()).collect();
        return names.join(", ");
    }
    let draft = MessageDraft {
        role: Role::User,
        kind: MessageType::Reply,
        body,
        content: None,
        sender: None,
        external_id: None,
        attachments: Vec::new(),
        metadata: Metadata::default(),
    };
    draft.preview()
}
