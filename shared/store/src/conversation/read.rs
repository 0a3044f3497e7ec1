use deskless_domain::{Conversation, ConversationId, ConversationPatch, MessageId, ReadMark};

use crate::{Once, Repeat, StoreError, TenantStore, Thread, backoff::Backoff};

/// How many messages are counted in one query.
const COUNTED_AT_ONCE: usize = 500;

impl TenantStore {
    /// AP-60: says that somebody has read a thread, all of it or up to one message, and counts what is left. A mark
    /// never moves backwards.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation, [`StoreError::NoSuchReference`] when
    /// the conversation has no such message, [`StoreError::VersionMismatch`].
    pub async fn mark_read(
        &self,
        id: ConversationId,
        up_to: Option<MessageId>,
        expected: Option<Vec<u64>>,
        repeat: Option<Repeat<'_, Conversation>>,
    ) -> Result<Once<Conversation>, StoreError> {
        let Some(up_to) = up_to else {
            let patch = ConversationPatch { read: Some(ReadMark::Everything), ..ConversationPatch::default() };
            return self.update_conversation_once(id, &patch, expected, repeat).await;
        };
        let mut backoff = Backoff::new(self.clock());
        loop {
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            let (conversation, message) = tokio::join!(self.get_conversation(id), self.get_message(id, up_to));
            let conversation = conversation?;
            match message {
                Ok(_) => {}
                Err(StoreError::NotFound) => return Err(StoreError::NoSuchReference("upTo")),
                Err(error) => return Err(error),
            }
            if expected.as_ref().is_some_and(|versions| !versions.contains(&conversation.version)) {
                return Err(StoreError::VersionMismatch);
            }
            let mark = conversation.read_up_to.map_or(up_to, |read| read.max(up_to));
            let left = self.replies_after(id, mark).await?;
            let patch = ConversationPatch { read: Some(ReadMark::UpTo(mark, left)), ..ConversationPatch::default() };
            // What was counted holds for this version only.
            match self.update_conversation_once(id, &patch, Some(vec![conversation.version]), repeat.clone()).await {
                Err(StoreError::VersionMismatch) if expected.is_none() && backoff.pause().await => {}
                outcome => return outcome,
            }
        }
    }

    /// How many replies of the customer stand behind a message.
    async fn replies_after(&self, conversation: ConversationId, message: MessageId) -> Result<u64, StoreError> {
        let mut thread =
            Thread { conversation, order: deskless_domain::Order::Asc, after: Some(message), limit: COUNTED_AT_ONCE };
        let mut count = 0;
        loop {
            let page = self.list_messages(thread).await?;
            count += page.messages.iter().filter(|message| message.draft.is_from_customer()).count() as u64;
            if !page.has_more {
                return Ok(count);
            }
            thread.after = Some(page.next);
        }
    }
}
