//! Parses keys.

use deskless_domain::{
    AutomationId, BulkActionId, ContentId, ConversationId, ExecutionId, FileId, Identifier, InboxId, MessageId,
    WorkspaceId,
};

use super::{BULK_MARKER, CustomerKey, EXECUTION, FILE, MESSAGE, POINTER, QUEUED, SELF};
use crate::{delivery::DeliveryTarget, packed::unpack, timer::Due};

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

/// Parses the key of an item in the fifth index. Returns `None` for a kind of item that this version does not know.
pub(crate) fn due_of(pk: &str, sk: &str) -> Option<(WorkspaceId, Due)> {
    let (workspace, rest) = pk.strip_prefix("W#")?.split_once('#')?;
    let due = if let Some(id) = rest.strip_prefix("C#") {
        (sk == SELF).then(|| unpack(id).map(Due::Snooze)).flatten()?
    } else if let Some(endpoint) = rest.strip_prefix("V#N#") {
        // The state of a webhook endpoint, or a conversation whose events it holds back.
        (sk == SELF || sk.starts_with("H#"))
            .then(|| unpack(endpoint).map(|id| Due::Delivery(DeliveryTarget::Endpoint { id })))
            .flatten()?
    } else if rest == "V#Q" {
        Due::Delivery(call_of_sk(sk)?)
    } else {
        return None;
    };
    Some((unpack(workspace)?, due))
}

/// Parses the sort key of a webhook call that waits for its next attempt: `{automation}#{execution}#{step}`.
fn call_of_sk(sk: &str) -> Option<DeliveryTarget> {
    let mut parts = sk.split('#');
    let (automation, execution) = (unpack(parts.next()?)?, unpack(parts.next()?)?);
    let step = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(DeliveryTarget::Call { automation, execution, step })
}

#[cfg(test)]
mod tests {
    use deskless_domain::{AutomationId, ConversationId, ExecutionId, WebhookEndpointId, WorkspaceId};

    use super::due_of;
    use crate::{delivery::DeliveryTarget, keys::TenantKeys, packed::pack, timer::Due};

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn due_item_is_known_by_its_key() {
        let workspace = WorkspaceId::parse(ID).expect("an id");
        let conversation = ConversationId::parse(ID).expect("an id");
        let key = TenantKeys(workspace).conversation(conversation);
        assert_eq!(due_of(&key.pk, &key.sk), Some((workspace, Due::Snooze(conversation))));
        let message = due_of(&key.pk, "M#x");
        assert_eq!(message, None, "only a conversation's own item is snoozed");
        let id = WebhookEndpointId::parse(ID).expect("an id");
        let endpoint = Some((workspace, Due::Delivery(DeliveryTarget::Endpoint { id })));
        let start = format!("W#{}", pack(workspace));
        let pk = format!("{start}#V#N#{}", pack(id));
        for (sk, expected) in [("A", &endpoint), ("H#x", &endpoint), ("G#1", &None), ("T#x", &None)] {
            assert_eq!(&due_of(&pk, sk), expected, "{sk}");
        }
        let automation = AutomationId::parse(ID).expect("an id");
        let execution = ExecutionId::parse(ID).expect("an id");
        let call = Due::Delivery(DeliveryTarget::Call { automation, execution, step: 3 });
        let calls = format!("{start}#V#Q");
        let sk = format!("{}#{}#3", pack(automation), pack(execution));
        assert_eq!(due_of(&calls, &sk), Some((workspace, call)));
        for sk in ["A", "a#b#3", &format!("{sk}#1"), &sk[..40]] {
            assert_eq!(due_of(&calls, sk), None, "{sk}");
        }
        assert_eq!(due_of("WS", &pack(workspace)), None);
    }
}
