//! Parses keys.

use deskless_domain::{
    AutomationId, BulkActionId, ContentId, ConversationId, ExecutionId, FileId, Identifier, InboxId, MessageId,
    WorkspaceId,
};

use super::{BULK_MARKER, CustomerKey, EXECUTION, FILE, MESSAGE, POINTER, QUEUED, SELF};
use crate::packed::unpack;

/// Parses a bulk action's partition key.
pub(crate) fn bulk_action_of(pk: &str) -> Option<BulkActionId> {
    pk.rsplit_once("#B#").and_then(|(_, id)| unpack(id))
}

/// Parses the sort key of a bulk action's marker.
pub(crate) fn bulk_marker_of(sk: &str) -> Option<ConversationId> {
    sk.strip_prefix(BULK_MARKER).and_then(unpack)
}

/// Parses a conversation's partition key.
pub(crate) fn conversation_of(pk: &str) -> Option<ConversationId> {
    pk.rsplit_once("#C#").and_then(|(_, id)| unpack(id))
}

/// Parses a customer's partition key.
pub(crate) fn customer_of(pk: &str) -> Option<CustomerKey> {
    pk.rsplit_once("#U#").map(|(_, digest)| CustomerKey(digest.to_owned()))
}

/// Returns whether the sort key of a counter has this inbox.
pub(crate) fn is_cell_of(sk: &str, inbox: InboxId) -> bool {
    sk.rsplit_once('#').and_then(|(_, cell)| unpack(cell)) == Some(inbox)
}

/// The parsed key of a stream record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamKey {
    BulkAction(WorkspaceId, BulkActionId),
    Content(WorkspaceId, ContentId),
    Conversation(WorkspaceId, ConversationId),
    Customer(WorkspaceId),
    File(WorkspaceId, FileId),
    Message(WorkspaceId, ConversationId),
    RemovalQueue(WorkspaceId),
}

/// Parses a stream record's key. Returns `None` for items that no consumer of the stream reads.
pub(crate) fn stream_key(pk: &str, sk: &str) -> Option<StreamKey> {
    let (workspace, rest) = pk.strip_prefix("W#")?.split_once('#')?;
    let workspace = unpack(workspace)?;
    if rest == "P" && sk == SELF {
        return Some(StreamKey::RemovalQueue(workspace));
    }
    let (kind, id) = rest.split_once('#')?;
    if kind == "C" && message_of(sk).is_some() {
        return unpack(id).map(|id| StreamKey::Message(workspace, id));
    }
    if sk != SELF {
        return None;
    }
    match (kind, id) {
        ("B", id) => unpack(id).map(|id| StreamKey::BulkAction(workspace, id)),
        ("C", id) => unpack(id).map(|id| StreamKey::Conversation(workspace, id)),
        ("T", id) => unpack(id).map(|id| StreamKey::Content(workspace, id)),
        ("U", _) => Some(StreamKey::Customer(workspace)),
        ("F", id) => unpack(id).map(|id| StreamKey::File(workspace, id)),
        _ => None,
    }
}

/// Parses the key of an execution.
pub(crate) fn execution_of(pk: &str, sk: &str) -> Option<(WorkspaceId, AutomationId, ExecutionId)> {
    let (workspace, automation) = pk.strip_prefix("W#")?.split_once("#O#")?;
    let execution = unpack(sk.strip_prefix(EXECUTION)?)?;
    Some((unpack(workspace)?, unpack(automation)?, execution))
}

/// Parses a message's sort key.
pub(crate) fn message_of(sk: &str) -> Option<MessageId> {
    sk.strip_prefix(MESSAGE).and_then(unpack)
}

/// Parses the sort key of a conversation in the queue of removals.
pub(crate) fn removal_of_sk(sk: &str) -> Option<ConversationId> {
    sk.strip_prefix(QUEUED).and_then(unpack)
}

/// Parses the sort key of the item that names an execution under its conversation.
pub(crate) fn execution_of_sk(sk: &str) -> Option<(AutomationId, ExecutionId)> {
    let (automation, id) = sk.strip_prefix(EXECUTION)?.split_once('#')?;
    Some((unpack(automation)?, unpack(id)?))
}

/// Parses the sort key of an item that names an idempotency record. Returns the digest of the request.
pub(crate) fn pointer_of(sk: &str) -> Option<&str> {
    sk.strip_prefix(POINTER)
}

/// Parses a file's partition key.
pub(crate) fn file_of_pk(pk: &str) -> Option<FileId> {
    pk.rsplit_once("#F#").and_then(|(_, id)| unpack(id))
}

/// Parses the partition key of the item of a long message's object.
pub(crate) fn content_of_pk(pk: &str) -> Option<ContentId> {
    pk.rsplit_once("#T#").and_then(|(_, id)| unpack(id))
}

/// Parses the sort key of the item that lists a file under its conversation.
pub(crate) fn file_of_sk(sk: &str) -> Option<FileId> {
    sk.strip_prefix(FILE).and_then(unpack)
}

/// Parses the sort key of a resource in a small collection.
pub(crate) fn resource_of<I: Identifier>(sk: &str) -> Option<I> {
    unpack(sk)
}
