use deskless_domain::{BulkAction, BulkActionId, BulkStatus};

use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    transaction::{Outcome, Transaction},
};

impl TenantStore {
    /// AP-74: stops a bulk action. The step that is under way ends first; what is done stays done. To stop it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Ended`] when there is nothing left to stop;
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn cancel_bulk_action(
        &self,
        id: BulkActionId,
        repeat: Option<Repeat<'_, BulkAction>>,
    ) -> Result<Once<BulkAction>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let (earlier, found) = tokio::join!(self.replay(repeat.as_ref()), self.bulk_item(id));
            if let Some(answer) = earlier? {
                return Ok(Once::Replayed(answer));
            }
            let mut item = found?.ok_or(StoreError::NotFound)?;
            if item.cancelled_at.is_some() {
                return self.answer_once(item.into_action(id), repeat).await;
            }
            if item.is_over() {
                return Err(StoreError::Ended);
            }
            item.cancelled_at = Some(self.clock().now().as_millis());
            // This write calls for a step as every other does: whoever takes it ends the action.
            let mut transaction = Transaction::default();
            self.put_bulk_item(&mut transaction, id, &mut item)?;
            let action = item.into_action(id);
            debug_assert_eq!(action.status, BulkStatus::Cancelled);
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &action)?;
            }
            if let Outcome::Committed = transaction.commit(self, &mut backoff).await? {
                return Ok(Once::Done(action));
            }
            // A step was faster, or this very write was and its answer is lost: either shows when it is read again.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the bulk action keeps changing".to_owned()));
            }
        }
    }
}
