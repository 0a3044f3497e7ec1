use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Collected, Resource};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    item::{FORMAT, FORMAT_ATTRIBUTE},
    packed::pack,
    transaction::Transaction,
};

/// The attribute with the time since which the log is kept, in milliseconds.
const LOGGED_SINCE: &str = "events";
/// The attribute with the packed ids of the resources to which events are delivered.
const ENDPOINTS: &str = "endpoints";

impl TenantStore {
    /// Adds to the transaction of a resource what changes in the stamp, so that the worker on the stream delivers every event that
    /// commits after the transaction, and none to a deleted or disabled endpoint.
    pub(crate) fn add_follower<T: Collected>(
        &self,
        transaction: &mut Transaction,
        before: Option<&Resource<T>>,
        after: Option<&Resource<T>>,
    ) -> Result<(), StoreError> {
        let follows = |resource: Option<&Resource<T>>| resource.is_some_and(|found| found.fields.follows_events());
        let Some(id) = after.or(before).map(|resource| resource.id) else { return Ok(()) };
        if follows(before) == follows(after) {
            return Ok(());
        }
        let mut update = Update::default();
        update.set(FORMAT_ATTRIBUTE, number(FORMAT));
        let ids = AttributeValue::Ss(vec![pack(id)]);
        if follows(after) {
            update.set_if_empty(LOGGED_SINCE, number(self.clock().now().as_millis()));
            update.add_to_set(ENDPOINTS, ids);
        } else {
            update.delete_from_set(ENDPOINTS, ids);
        }
        transaction.update(self, self.keys().automations_stamp(), update, Condition::none()).map(drop)
    }
}
