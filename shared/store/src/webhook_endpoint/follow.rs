use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Collected, Identifier, Kind, Resource, WebhookEndpointId};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    delivery::{AGAIN, CURSOR, RESUMED_AT},
    event_log::{ENDPOINTS, LOGGED_SINCE},
    expression::{Update, number},
    item::{FORMAT, FORMAT_ATTRIBUTE},
    packed::pack,
    timer::set_due,
    transaction::Transaction,
};

impl TenantStore {
    /// AP-185: returns the sequence after which a new resource gets events; `None` for a kind that gets none. An event that is logged
    /// between this read and the creation is delivered, although it happened before.
    pub(crate) async fn first_cursor<T: Collected>(&self) -> Result<Option<u64>, StoreError> {
        if T::KIND == Kind::WebhookEndpoint { self.newest_sequence().await.map(Some) } else { Ok(None) }
    }

    /// Adds to the transaction of a new resource where its deliveries start.
    pub(crate) fn add_delivery_start<T: Collected>(
        &self,
        transaction: &mut Transaction,
        new: &Resource<T>,
        cursor: Option<u64>,
    ) -> Result<(), StoreError> {
        let Some(cursor) = cursor else { return Ok(()) };
        let mut state = self.keys().delivery_state(endpoint_id(new)).attributes();
        state.insert(FORMAT_ATTRIBUTE.to_owned(), number(FORMAT));
        state.insert(CURSOR.to_owned(), number(cursor));
        transaction.put(self, state, Condition::none()).map(drop)
    }

    /// Adds to the transaction of a webhook endpoint what the worker on the stream and the deliveries have to know:
    ///
    /// - The stamp names the enabled endpoints, and says that events are logged. So every event that commits after the transaction is
    ///   delivered, and none to an endpoint that is deleted or disabled.
    /// - An endpoint that is enabled again, or has another destination, starts with what was missed. The state of a deleted one is
    ///   removed.
    pub(crate) fn add_follower<T: Collected>(
        &self,
        transaction: &mut Transaction,
        before: Option<&Resource<T>>,
        after: Option<&Resource<T>>,
    ) -> Result<(), StoreError> {
        let Some(resource) = after.or(before).filter(|_| T::KIND == Kind::WebhookEndpoint) else { return Ok(()) };
        let id = endpoint_id(resource);
        let follows = |resource: Option<&Resource<T>>| resource.is_some_and(|found| found.fields.follows_events());
        let (followed, follows) = (follows(before), follows(after));
        let mut stamp = Update::default();
        let ids = || AttributeValue::Ss(vec![pack(id)]);
        match (followed, follows) {
            (false, true) => stamp.add_to_set(ENDPOINTS, ids()),
            (true, false) => stamp.delete_from_set(ENDPOINTS, ids()),
            _ => {}
        }
        // Events are kept for an endpoint that is disabled too.
        if before.is_none() {
            stamp.set_if_empty(LOGGED_SINCE, number(self.clock().now().as_millis()));
        }
        if before.is_none() || followed != follows {
            stamp.set(FORMAT_ATTRIBUTE, number(FORMAT));
            transaction.update(self, self.keys().automations_stamp(), stamp, Condition::none())?;
        }
        let state = self.keys().delivery_state(id);
        if after.is_none() {
            transaction.delete(self, state, Condition::none())?;
        } else if follows && before.zip(after).is_some_and(|(before, after)| after.fields.resumes(&before.fields)) {
            let mut resumed = Update::default();
            resumed.set(FORMAT_ATTRIBUTE, number(FORMAT));
            resumed.set(RESUMED_AT, number(self.clock().now().as_millis()));
            // An active run looks again before it ends. The timers start one if the caller cannot.
            resumed.set(AGAIN, number(1));
            set_due(&mut resumed, &state, self.clock().now());
            transaction.update(self, state, resumed, Condition::none())?;
        }
        Ok(())
    }
}

fn endpoint_id<T: Collected>(resource: &Resource<T>) -> WebhookEndpointId {
    WebhookEndpointId::from_bytes(resource.id.to_bytes())
}
