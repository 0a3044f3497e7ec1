use deskless_domain::{Conversation, ConversationId, ConversationPatch, Field, MessageId, Precondition, ReadMark};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use super::{ConversationView, write::write};
use crate::AppError;

/// AP-60: Marks a conversation as read, all of it or up to one message, and counts the customer replies after it. The mark never
/// moves backwards.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] when the conversation has no such message; [`AppError::VersionMismatch`];
/// [`AppError::IdempotencyKeyReused`].
pub async fn mark_as_read(
    store: &TenantStore,
    id: ConversationId,
    up_to: Option<MessageId>,
    precondition: &Precondition,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    match up_to {
        Some(up_to) => mark_up_to(store, id, up_to, precondition, key).await,
        None => write(store, id, &patch(ReadMark::Everything), precondition, key).await,
    }
}

async fn mark_up_to(
    store: &TenantStore,
    id: ConversationId,
    up_to: MessageId,
    precondition: &Precondition,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    let key = key.map(|key| key.of_conversation(id));
    let key = key.as_ref();
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        if let Some(earlier) = store.replay(key).await? {
            return Ok(Once::replay(earlier));
        }
        let (conversation, message) = tokio::join!(store.get_conversation(id), store.check_message(id, up_to));
        let conversation = conversation?;
        match message {
            Ok(()) => {}
            Err(StoreError::NotFound) => return Err(AppError::no_such(Field::LastRead, "message of the conversation")),
            Err(error) => return Err(error.into()),
        }
        precondition.check(conversation.version).map_err(StoreError::from)?;
        let mark = conversation.read_up_to.map_or(up_to, |read| read.max(up_to));
        let left = replies_after(store, &conversation, mark).await?;
        // The count is valid for this version only.
        let counted = Precondition::exactly(conversation.version);
        match write(store, id, &patch(ReadMark::UpTo(mark, left)), &counted, key).await {
            Err(AppError::VersionMismatch) if precondition.versions().is_none() => {
                backoff.pause("the conversation keeps changing").await?;
            }
            outcome => return outcome,
        }
    }
}

fn patch(mark: ReadMark) -> ConversationPatch {
    ConversationPatch { read: Some(mark), ..ConversationPatch::default() }
}

/// Returns the number of the customer's replies after a message. Bounded: if more than 10,000 messages follow, it is derived from the
/// replies between the previous mark and this one, because the conversation counts those after the previous mark. If there are more
/// than 10,000 messages between too, it is the number of replies among the next 10,000 messages, a lower bound.
async fn replies_after(store: &TenantStore, conversation: &Conversation, mark: MessageId) -> Result<u64, AppError> {
    if conversation.read_up_to == Some(mark) {
        return Ok(conversation.unread_count);
    }
    let after = store.count_customer_replies(conversation.id, Some(mark), None).await?;
    if after.is_exact {
        return Ok(after.count);
    }
    let between = store.count_customer_replies(conversation.id, conversation.read_up_to, Some(mark)).await?;
    Ok(if between.is_exact { conversation.unread_count.saturating_sub(between.count) } else { after.count })
}
