//! Saving what a run has done.

use deskless_domain::{DeliveryState, DeliverySubject, Hold, UndeliveredEvent};

use super::{
    lease::{DeliveryRun, Updated},
    state,
};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::number,
    transaction::{Commit, Transaction},
};

/// What a run has changed, besides the state.
#[derive(Debug, Default)]
pub struct RunChanges {
    /// Events that wait, new or changed.
    pub held: Vec<Hold>,
    /// Subjects without events that wait any more.
    pub released: Vec<DeliverySubject>,
    /// Events that were given up.
    pub undelivered: Vec<UndeliveredEvent>,
    /// Sequences of events that were given up once, and are delivered now.
    pub delivered: Vec<u64>,
    /// The request for a replay that the state includes now.
    pub replayed_from: Option<u64>,
}

impl RunChanges {
    /// The most changes that one save takes.
    pub const MAX: usize = Transaction::MAX_WRITES - 1;

    /// Returns whether only the state has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.replayed_from.is_none()
    }

    /// Returns the number of writes besides the state.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len() + self.released.len() + self.undelivered.len() + self.delivered.len()
    }
}

impl TenantStore {
    /// AP-192: saves the state and what a run has changed in one transaction. Returns `false` and writes nothing if the run no longer has
    /// the lease, or if another replay was requested meanwhile. One write unit for the state alone; two for each item otherwise.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn save_delivery_run(
        &self,
        run: DeliveryRun,
        state: &DeliveryState,
        changes: &RunChanges,
    ) -> Result<bool, StoreError> {
        let mut update = state::write(state, self.clock().now());
        let mut condition = Condition::none().equals(state::OWNER, state::owner(run.id));
        if let Some(from) = changes.replayed_from {
            update.remove(state::REPLAY_FROM);
            condition = condition.equals(state::REPLAY_FROM, number(from));
        }
        if changes.is_empty() {
            return Ok(matches!(self.update_state(run.endpoint, update, condition).await?, Updated::Done(_)));
        }
        let mut transaction = Transaction::default();
        transaction.update(self, self.keys().delivery_state(run.endpoint), update, condition)?;
        self.add_changes(&mut transaction, run, changes)?;
        Ok(matches!(transaction.commit(self, &mut self.backoff()).await?, Commit::Done))
    }

    /// Saves a part of the changes of a run that are too many for one transaction. Returns `false` if it no longer has the lease.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn save_held(&self, run: DeliveryRun, changes: &RunChanges) -> Result<bool, StoreError> {
        let mut transaction = Transaction::default();
        let own = Condition::none().equals(state::OWNER, state::owner(run.id));
        transaction.check(self, self.keys().delivery_state(run.endpoint), own)?;
        self.add_changes(&mut transaction, run, changes)?;
        Ok(matches!(transaction.commit(self, &mut self.backoff()).await?, Commit::Done))
    }

    fn add_changes(
        &self,
        transaction: &mut Transaction,
        run: DeliveryRun,
        changes: &RunChanges,
    ) -> Result<(), StoreError> {
        for hold in &changes.held {
            transaction.put(self, self.hold_item(run.endpoint, hold)?, Condition::none())?;
        }
        for event in &changes.undelivered {
            transaction.put(self, self.undelivered_item(run.endpoint, event)?, Condition::none())?;
        }
        let released = changes.released.iter().map(|subject| self.keys().hold(run.endpoint, subject));
        let delivered = changes.delivered.iter().map(|&sequence| self.keys().given_up(run.endpoint, sequence));
        for key in released.chain(delivered) {
            transaction.delete(self, key, Condition::none())?;
        }
        Ok(())
    }

    /// Removes what is left of the deliveries to an endpoint that was deleted: the events that wait, then the state. Attempts and
    /// undelivered events expire.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_deliveries(&self, run: DeliveryRun) -> Result<(), StoreError> {
        for hold in self.list_holds(run.endpoint).await? {
            self.delete(self.keys().hold(run.endpoint, &hold.subject)).await?;
        }
        self.delete(self.keys().delivery_state(run.endpoint)).await
    }
}
