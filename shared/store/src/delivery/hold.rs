//! The items of events that wait.

use deskless_domain::{DeliverySubject, Hold, Timestamp, WebhookEndpointId};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{self, Item, as_json, string},
    keys::{HOLD, hold_of_sk},
};

#[derive(Debug, Serialize, Deserialize)]
struct HoldItem {
    /// The sequences.
    #[serde(rename = "w", with = "as_json")]
    waiting: Vec<u64>,
    #[serde(rename = "ra", default, skip_serializing_if = "Option::is_none")]
    rest_after: Option<u64>,
    #[serde(rename = "n")]
    attempts: u32,
    #[serde(rename = "ta", default, skip_serializing_if = "Option::is_none")]
    tried_at: Option<i64>,
    #[serde(rename = "d")]
    due: i64,
}

impl TenantStore {
    /// AP-191: reads the events of an endpoint that wait, strongly consistent. One read unit for about ten subjects.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_holds(&self, endpoint: WebhookEndpointId) -> Result<Vec<Hold>, StoreError> {
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :hold)")
            .expression_attribute_values(":pk", text(self.keys().deliveries(endpoint)))
            .expression_attribute_values(":hold", text(HOLD))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut holds = Vec::new();
        while let Some(found) = items.next().await {
            holds.push(read(found.map_err(|e| StoreError::from_sdk(&e))?)?);
        }
        Ok(holds)
    }

    /// Returns the item of events that wait.
    pub(super) fn hold_item(&self, endpoint: WebhookEndpointId, hold: &Hold) -> Result<Item, StoreError> {
        let attributes = HoldItem {
            waiting: hold.waiting.clone(),
            rest_after: hold.rest_after,
            attempts: hold.attempts,
            tried_at: hold.tried_at.map(Timestamp::as_millis),
            due: hold.due.as_millis(),
        };
        item::write(self.keys().hold(endpoint, &hold.subject), &attributes)
    }
}

fn read(found: Item) -> Result<Hold, StoreError> {
    let subject: Option<DeliverySubject> = string(&found, "sk").and_then(hold_of_sk);
    let subject = subject.ok_or_else(|| StoreError::Internal("the key of a held event cannot be read".to_owned()))?;
    let HoldItem { waiting, rest_after, attempts, tried_at, due } = item::read(found)?;
    let tried_at = tried_at.map(Timestamp::from_millis);
    Ok(Hold { subject, waiting, rest_after, attempts, tried_at, due: Timestamp::from_millis(due) })
}
