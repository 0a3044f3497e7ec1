use deskless_domain::{CustomerId, File, FileDraft, FileId, FileStatus};

use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    transaction::{ABSENT, Outcome, Transaction},
};

/// How long an announced file is waited for: as long as a repeat of the request is answered.
const AWAITED_FOR_SECONDS: i64 = 24 * 60 * 60;

impl TenantStore {
    /// AP-61: announces a file, in one trip. It is there for a day, unless it is registered.
    ///
    /// # Errors
    /// [`StoreError::NoSuchReference`] when there is no such conversation, [`StoreError::IdempotencyKeyReused`].
    pub async fn sign_file(
        &self,
        draft: FileDraft,
        repeat: Option<Repeat<'_, File>>,
    ) -> Result<Once<File>, StoreError> {
        self.sign_file_of(None, draft, repeat).await
    }

    /// The same, but only in a conversation of this customer's, if there is one.
    pub(crate) async fn sign_file_of(
        &self,
        owner: Option<&CustomerId>,
        draft: FileDraft,
        repeat: Option<Repeat<'_, File>>,
    ) -> Result<Once<File>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let file = File { id: FileId::generate(self.clock()), draft, status: FileStatus::Pending, version: 1 };
        let until = self.clock().now().plus_seconds(AWAITED_FOR_SECONDS);
        loop {
            let mut transaction = Transaction::default();
            let itself = transaction.put(self, self.file_item(&file, until)?, Some(ABSENT))?;
            let conversation = match file.draft.conversation_id {
                Some(id) => Some(self.check_conversation(&mut transaction, id, owner)?),
                None => None,
            };
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &file)?;
            }
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(file)),
                Outcome::Refused(refusal) => refusal,
            };
            // Nobody else has this id: an earlier attempt was committed and its answer lost.
            if refusal.of(itself).is_some() {
                return Ok(Once::Done(file));
            }
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            if conversation.is_some_and(|slot| refusal.of(slot).is_some()) {
                return Err(StoreError::NoSuchReference("conversationId"));
            }
            // The record stood in the way and is gone by now: it was past its time.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the idempotency record keeps changing".to_owned()));
            }
        }
    }
}
