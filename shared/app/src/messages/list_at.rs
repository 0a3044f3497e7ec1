use deskless_domain::{ConversationId, Message, Offset, OffsetPage, Order};
use deskless_store::{CustomerStore, TenantStore, Thread};

use super::{list, list_own};
use crate::AppError;

/// The part of a thread to read, by offset.
#[derive(Debug, Clone, Copy)]
pub struct ThreadAt {
    /// The conversation.
    pub conversation: ConversationId,
    /// The order: oldest first or newest first.
    pub order: Order,
    /// The number of messages to skip.
    pub offset: Offset,
    /// The page size.
    pub limit: usize,
}

/// Returns a page of a thread by offset, with the number of its messages.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn list_at(store: &TenantStore, thread: ThreadAt) -> Result<OffsetPage<Message>, AppError> {
    let mut all = Vec::new();
    let mut rest = Thread { conversation: thread.conversation, order: thread.order, after: None, limit: 500 };
    loop {
        let page = list(store, rest).await?;
        all.extend(page.messages);
        rest.after = Some(page.next);
        if !page.has_more {
            return Ok(OffsetPage::of_all(all, thread.offset, thread.limit));
        }
    }
}

/// Returns a page of the replies of a customer's conversation by offset, with their number. There are no notes in it.
///
/// # Errors
/// [`AppError::NotFound`], also for another customer's conversation.
pub async fn list_own_at(store: &CustomerStore, thread: ThreadAt) -> Result<OffsetPage<Message>, AppError> {
    let mut all = Vec::new();
    let mut rest = Thread { conversation: thread.conversation, order: thread.order, after: None, limit: 500 };
    loop {
        let page = list_own(store, rest).await?;
        all.extend(page.messages);
        rest.after = Some(page.next);
        if !page.has_more {
            return Ok(OffsetPage::of_all(all, thread.offset, thread.limit));
        }
    }
}
