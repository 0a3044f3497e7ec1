//! What callers request: replays.

use deskless_domain::{DeliverySubject, Hold, WebhookEndpointId};

use super::state;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    item::{self, FORMAT_ATTRIBUTE},
    timer::set_due,
    transaction::Transaction,
};

impl TenantStore {
    /// AP-197: requests that the events from this sequence on are sent again. The next run does it. One write unit.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn request_replay(&self, endpoint: WebhookEndpointId, from: u64) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(FORMAT_ATTRIBUTE, number(item::FORMAT));
        update.set(state::REPLAY_FROM, number(from));
        // The timers start the run if the caller cannot. An active run looks again before it ends.
        let key = self.keys().delivery_state(endpoint);
        set_due(&mut update, &key, self.clock().now());
        update.set(state::AGAIN, number(1));
        let mut earlier = Condition::none();
        let (name, value) = (earlier.name(state::REPLAY_FROM), earlier.value(number(from)));
        let earlier = earlier.and(format!("(attribute_not_exists({name}) OR {name} > {value})"));
        // Otherwise an earlier request includes this one.
        self.update_if(key, update, earlier).await.map(drop)
    }

    /// AP-197: requests that one event is sent again. The next run does it. Four write units.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn request_replay_of(&self, endpoint: WebhookEndpointId, sequence: u64) -> Result<(), StoreError> {
        let mut hold = Hold::new(DeliverySubject::replay(sequence), self.clock().now());
        hold.push(sequence);
        let mut transaction = Transaction::default();
        transaction.put(self, self.hold_item(endpoint, &hold)?, Condition::none())?;
        let (mut update, key) = (Update::default(), self.keys().delivery_state(endpoint));
        update.set(FORMAT_ATTRIBUTE, number(item::FORMAT));
        set_due(&mut update, &key, self.clock().now());
        update.set(state::AGAIN, number(1));
        transaction.update(self, key, update, Condition::none())?;
        transaction.commit(self, &mut self.backoff()).await.map(drop)
    }
}
