use deskless_domain::{ConversationId, Message, Order};
use deskless_store::{CustomerStore, MessagePage, TenantStore, Thread};

use crate::AppError;

/// The number of messages that are read at a time.
const PAGE: usize = 200;
/// The size of texts and metadata after which no more messages are read, in bytes. A response of a Lambda function has at most 6 MB,
/// in which a text can take four times its size.
const MAX_BYTES: usize = 1024 * 1024;
/// The most messages that are returned.
const MAX_MESSAGES: usize = 5_000;

/// A thread from its beginning.
#[derive(Debug)]
pub struct WholeThread {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether these are all messages. If not, the thread is too large for one response.
    pub is_complete: bool,
}

impl WholeThread {
    fn new() -> Self {
        Self { messages: Vec::new(), is_complete: true }
    }

    /// Adds a page, and returns whether the next one is to be read.
    fn add(&mut self, page: MessagePage) -> bool {
        self.messages.extend(page.messages);
        let bytes: usize = self.messages.iter().map(size).sum();
        let is_full = bytes >= MAX_BYTES || self.messages.len() >= MAX_MESSAGES;
        self.is_complete = !page.has_more;
        page.has_more && !is_full
    }
}

fn size(message: &Message) -> usize {
    let text = message.draft.body.as_ref().map_or(0, |body| body.as_str().len());
    text + message.draft.metadata.json().len()
}

/// AP-14: Returns all messages of a thread, for wire formats that do not page them: up to 5,000 messages or 1 MiB of text.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn all(store: &TenantStore, conversation: ConversationId) -> Result<WholeThread, AppError> {
    let mut thread = WholeThread::new();
    let mut after = None;
    loop {
        let page = store.list_messages(Thread { conversation, order: Order::Asc, after, limit: PAGE }).await?;
        after = Some(page.next);
        if !thread.add(page) {
            return Ok(thread);
        }
    }
}

/// AP-55: Returns all replies of a customer's conversation, as [`all`], without notes.
///
/// # Errors
/// [`AppError::NotFound`], also for another customer's conversation.
pub async fn all_own(store: &CustomerStore, conversation: ConversationId) -> Result<WholeThread, AppError> {
    let mut thread = WholeThread::new();
    let mut after = None;
    loop {
        let page = store.list_messages(Thread { conversation, order: Order::Asc, after, limit: PAGE }).await?;
        after = Some(page.next);
        if !thread.add(page) {
            return Ok(thread);
        }
    }
}
