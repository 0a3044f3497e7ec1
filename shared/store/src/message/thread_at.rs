//! Reads threads by offset.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{ConversationId, Message, MessageId, MessageType, Offset, OffsetPage, Order, Total};

use super::{Thread, item::attributes};
use crate::{
    StoreError, TenantStore,
    content::check_page,
    conversation::{self, unless_deleted},
    expression::text,
    item::{Item, integer, string},
    keys::message_of,
    scan::{Rows, Scan, Skipped},
};

/// The part of a thread to read, by offset.
#[derive(Debug, Clone, Copy)]
pub struct ThreadAt {
    /// The conversation.
    pub conversation: ConversationId,
    /// The order: oldest first or newest first.
    pub order: Order,
    /// The number of messages to skip.
    pub offset: Offset,
    /// The maximum number of messages.
    pub limit: usize,
}

/// The messages of a thread, or its replies only.
pub(crate) struct ThreadRows<'a> {
    pub store: &'a TenantStore,
    pub conversation: ConversationId,
    pub order: Order,
    pub only_replies: bool,
}

impl Rows for ThreadRows<'_> {
    const PROJECTION: &'static str = "sk";

    fn order(&self) -> Order {
        self.order
    }

    fn partitions(&self) -> usize {
        1
    }

    fn request(&self, _: usize, reached: Option<MessageId>) -> Option<QueryFluentBuilder> {
        // `desc` includes the message itself.
        let after = match self.order {
            Order::Asc => reached,
            Order::Desc => reached.map(MessageId::preceding),
        };
        let thread = Thread { conversation: self.conversation, order: self.order, after, limit: 0 };
        let request = self.store.thread_query(&thread);
        Some(if self.only_replies {
            request
                .filter_expression("#type = :reply")
                .expression_attribute_names("#type", attributes::KIND)
                .expression_attribute_values(":reply", text(MessageType::Reply))
        } else {
            request
        })
    }

    fn position(item: &Item) -> Option<MessageId> {
        string(item, "sk").and_then(message_of)
    }
}

impl TenantStore {
    /// AP-134: reads a page of a thread by offset and its conversation, whose number of messages is the total, strongly consistent. A
    /// page is short only at the end of the thread.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation; [`StoreError::InvalidField`] when the offset cannot be
    /// reached in 8 seconds, or the page has too much text.
    pub async fn list_messages_at(&self, thread: ThreadAt) -> Result<OffsetPage<Message>, StoreError> {
        let ThreadAt { conversation, order, offset, limit } = thread;
        let rows = ThreadRows { store: self, conversation, order, only_replies: false };
        let mut scan = Scan::new(rows, self.work());
        let page = async {
            let after = match scan.skip(offset.rows()).await? {
                Skipped::All(count) => return Ok((Vec::new(), Some(count))),
                Skipped::To(last) => last,
            };
            let mut rest = Thread { conversation, order, after, limit };
            let mut messages = Vec::new();
            while messages.len() < limit {
                scan.bound().check()?;
                rest.limit = limit - messages.len();
                let page = self.query_thread(rest).await?;
                self.work().read(page.messages.len());
                messages.extend(page.messages);
                check_page(&messages)?;
                rest.after = Some(page.next);
                if !page.has_more {
                    let count = offset.rows() + messages.len();
                    return Ok((messages, Some(count)));
                }
            }
            Ok((messages, None))
        };
        let (found, (rows, count)) = tokio::try_join!(self.get(self.keys().conversation(conversation)), page)?;
        let found = unless_deleted(found.as_ref()).ok_or(StoreError::NotFound)?;
        let seen = (offset.rows() + rows.len()) as u64;
        let stored =
            integer(found, conversation::attributes::MESSAGE_COUNT).and_then(|count| u64::try_from(count).ok());
        let count = count.map_or_else(|| stored.unwrap_or_default().max(seen), |count| count as u64);
        let rows = self.complete_messages(rows).await?;
        Ok(OffsetPage { rows, total: Total::exact(count) })
    }
}
