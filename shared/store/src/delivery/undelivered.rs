//! The items of events that were given up.

use deskless_domain::{Reason, Timestamp, UndeliveredEvent, WebhookEndpointId};
use serde::{Deserialize, Serialize};

use super::LISTED_SECONDS;
use crate::{
    StoreError, TenantStore,
    item::{self, Item, string},
    keys::{TenantKeys, given_up_of_sk},
};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UndeliveredItem {
    given_up_at: i64,
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_failure: Option<Reason>,
    expires_at: i64,
}

/// A page of undelivered events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredPage {
    /// The events, newest first.
    pub events: Vec<UndeliveredEvent>,
    /// The sequence before which the next page begins. `None` after the last one.
    pub next: Option<u64>,
}

impl TenantStore {
    /// AP-196: lists the events that were given up in the last 30 days, newest first, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_undelivered(
        &self,
        endpoint: WebhookEndpointId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<UndeliveredPage, StoreError> {
        let range = TenantKeys::given_up_before(before);
        // One more than the limit shows whether there is another page.
        let output = self.newest_first(self.keys().deliveries(endpoint), range, limit + 1).await?;
        let reached = output.last_evaluated_key().map(sequence_of).transpose()?;
        let found = output.items.unwrap_or_default().into_iter().map(read);
        let mut events: Vec<_> = found.collect::<Result<_, _>>()?;
        let is_full = events.len() > limit;
        events.truncate(limit);
        let next = if is_full { events.last().map(|last| last.sequence) } else { reached };
        Ok(UndeliveredPage { events, next })
    }

    /// Returns the item of an event that was given up.
    pub(super) fn undelivered_item(
        &self,
        endpoint: WebhookEndpointId,
        event: &UndeliveredEvent,
    ) -> Result<Item, StoreError> {
        let attributes = UndeliveredItem {
            given_up_at: event.given_up_at.as_millis(),
            attempts: event.attempts,
            last_status: event.last_status,
            last_failure: event.last_failure.clone(),
            expires_at: event.given_up_at.plus_seconds(LISTED_SECONDS).as_seconds(),
        };
        item::write(self.keys().given_up(endpoint, event.sequence), &attributes)
    }
}

fn read(found: Item) -> Result<UndeliveredEvent, StoreError> {
    let sequence = sequence_of(&found)?;
    let UndeliveredItem { given_up_at, attempts, last_status, last_failure, .. } = item::read(found)?;
    let given_up_at = Timestamp::from_millis(given_up_at);
    Ok(UndeliveredEvent { sequence, given_up_at, attempts, last_status, last_failure })
}

fn sequence_of(item: &Item) -> Result<u64, StoreError> {
    let sequence = string(item, "sk").and_then(given_up_of_sk);
    sequence.ok_or_else(|| StoreError::Internal("the key of an undelivered event cannot be read".to_owned()))
}
