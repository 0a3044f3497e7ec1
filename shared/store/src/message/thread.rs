use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{ConversationId, Message, MessageId, Order};

use super::item;
use crate::{
    StoreError, TenantStore,
    content::{StoredMessage, fitting},
    conversation::unless_deleted,
    expression::text,
};

/// The part of a thread to read.
#[derive(Debug, Clone, Copy)]
pub struct Thread {
    /// The conversation.
    pub conversation: ConversationId,
    /// The order: oldest first or newest first.
    pub order: Order,
    /// The message after which the page begins, in that order.
    pub after: Option<MessageId>,
    /// The maximum number of messages.
    pub limit: usize,
}

/// One page of a thread, without the objects of long messages.
#[derive(Debug)]
pub(crate) struct ThreadPage {
    pub messages: Vec<StoredMessage>,
    pub next: MessageId,
    pub has_more: bool,
}

/// One page of a thread.
#[derive(Debug)]
pub struct MessagePage {
    /// The messages, in commit order or reverse commit order.
    pub messages: Vec<Message>,
    /// The position of the next page. Always set, so that a client can poll for new messages.
    pub next: MessageId,
    /// Whether there are more messages now.
    pub has_more: bool,
}

impl TenantStore {
    /// AP-14: reads one page of a thread and its conversation at the same time, strongly consistent. A `Query` concurrent
    /// with a transaction is read-committed, not a snapshot. If DynamoDB applied one message later than a whole later
    /// transaction, a reader at that moment could miss it. No local engine shows this.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation.
    pub async fn list_messages(&self, thread: Thread) -> Result<MessagePage, StoreError> {
        let query = self.query_thread(thread);
        let (conversation, page) = tokio::try_join!(self.get(self.keys().conversation(thread.conversation)), query)?;
        unless_deleted(conversation.as_ref()).ok_or(StoreError::NotFound)?;
        self.complete_page(page).await
    }

    /// AP-131: reads the objects of a page's long messages.
    pub(crate) async fn complete_page(&self, page: ThreadPage) -> Result<MessagePage, StoreError> {
        let ThreadPage { messages, next, has_more } = page;
        Ok(MessagePage { messages: self.complete_messages(messages).await?, next, has_more })
    }

    /// Reads one page of a thread, strongly consistent, without its conversation. It ends early if its content is too large for
    /// a response.
    pub(crate) async fn query_thread(
        &self,
        Thread { conversation, order, after, limit }: Thread,
    ) -> Result<ThreadPage, StoreError> {
        let start = start(order, after);
        // One more than the limit shows whether there is another page. `desc` includes the start message.
        let evaluated = limit + 1 + usize::from(order == Order::Desc);
        let request = self.thread_query(&Thread { conversation, order, after, limit });
        let request = request.limit(i32::try_from(evaluated).unwrap_or(i32::MAX));
        let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
        let ended_early = output.last_evaluated_key.is_some();
        let read = output.items.unwrap_or_default().into_iter().map(|found| item::read(conversation, found));
        let mut messages: Vec<StoredMessage> = read.collect::<Result<_, _>>()?;
        messages.retain(|message| message.head.id != start);
        let length = limit.min(fitting(&messages));
        let has_more = messages.len() > length || ended_early;
        messages.truncate(length);
        let next = messages.last().map_or(start, |message| message.head.id);
        Ok(ThreadPage { messages, next, has_more })
    }

    /// Returns the query of a thread after a message, strongly consistent, without its limit. `desc` includes the message itself.
    pub(super) fn thread_query(&self, thread: &Thread) -> QueryFluentBuilder {
        let Thread { conversation, order, after, .. } = *thread;
        let start = start(order, after);
        // The bounds themselves are excluded: '!' sorts before every digit, '~' after every letter.
        let at = |id| self.keys().message(conversation, id).sk;
        let (from, to) = match order {
            Order::Asc => (format!("{}!", at(start)), format!("{}~", at(MessageId::LAST))),
            Order::Desc => (at(MessageId::FIRST), at(start)),
        };
        self.client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(self.keys().conversation(conversation).pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .scan_index_forward(order == Order::Asc)
            .consistent_read(true)
    }
}

fn start(order: Order, after: Option<MessageId>) -> MessageId {
    after.unwrap_or(match order {
        Order::Asc => MessageId::FIRST,
        Order::Desc => MessageId::LAST,
    })
}
