use deskless_domain::{ConversationId, ConversationPatch, Field, MessageId, Order, Precondition, ReadMark};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore, Thread};

use super::{ConversationView, write::write};
use crate::AppError;

/// The number of messages that are counted in one query.
const PAGE_SIZE: usize = 500;

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
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        if let Some(earlier) = store.replay(key).await? {
            return Ok(Once::replay(earlier));
        }
        let (conversation, message) = tokio::join!(store.get_conversation(id), store.get_message(id, up_to));
        let conversation = conversation?;
        match message {
            Ok(_) => {}
            Err(StoreError::NotFound) => return Err(AppError::no_such(Field::LastRead, "message of the conversation")),
            Err(error) => return Err(error.into()),
        }
        precondition.check(conversation.version).map_err(StoreError::from)?;
        let mark = conversation.read_up_to.map_or(up_to, |read| read.max(up_to));
        let left = replies_after(store, id, mark).await?;
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

/// Counts the customer's replies after a message.
async fn replies_after(store: &TenantStore, conversation: ConversationId, message: MessageId) -> Result<u64, AppError> {
    let mut thread = Thread { conversation, order: Order::Asc, after: Some(message), limit: PAGE_SIZE };
    let mut count = 0;
    loop {
        let page = store.list_messages(thread).await?;
        count += page.messages.iter().filter(|message| message.draft.is_from_customer()).count() as u64;
        if !page.has_more {
            return Ok(count);
        }
        thread.after = Some(page.next);
    }
}
