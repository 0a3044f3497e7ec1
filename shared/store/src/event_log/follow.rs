//! Who follows a workspace's events: the log, and the enabled webhook endpoints.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Identifier, Timestamp, WebhookEndpointId};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    item::{FORMAT, FORMAT_ATTRIBUTE, Item, integer},
    packed::unpack,
};

/// The attribute that counts the changes of automations.
pub(crate) const AUTOMATIONS: &str = "n";
/// The attribute with the time since which the log is kept, in milliseconds.
pub(crate) const LOGGED_SINCE: &str = "events";
/// The attribute with the packed ids of the enabled webhook endpoints.
pub(crate) const ENDPOINTS: &str = "endpoints";
/// The attribute with the time of the first event, in milliseconds.
pub(super) const FIRST_EVENT: &str = "firstEvent";

/// How long a process knows that a workspace has a log: one hour.
const CHECKED_MS: i64 = 60 * 60 * 1000;

/// Who follows a workspace's events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followers {
    /// Since when the log is kept. `None` if there is no log, and nothing has to be logged.
    pub log_since: Option<Timestamp>,
    /// The enabled webhook endpoints.
    pub endpoints: Vec<WebhookEndpointId>,
}

/// The workspace's stamp: what consumers of the stream must know, in one read for each batch.
#[derive(Debug, Clone, Default)]
pub struct Stamp {
    /// Who follows the events.
    pub followers: Followers,
    /// Changes with each automation.
    pub(crate) automations: i64,
    /// Whether the log has ever had an event.
    pub(crate) has_had_events: bool,
}

impl TenantStore {
    /// AP-88: reads the workspace's stamp, strongly consistent: one read unit. It includes everything that has committed before.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn stamp(&self) -> Result<Stamp, StoreError> {
        Ok(self.get(self.keys().automations_stamp()).await?.map(|item| read(&item)).unwrap_or_default())
    }

    /// Reads who follows the workspace's events, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn followers(&self) -> Result<Followers, StoreError> {
        Ok(self.stamp().await?.followers)
    }

    /// AP-174: starts the log, unless the workspace has one. Each change that commits after this has an event. One write unit.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn start_log(&self) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(FORMAT_ATTRIBUTE, number(FORMAT));
        update.set_if_empty(LOGGED_SINCE, number(self.clock().now().as_millis()));
        self.update_if(self.keys().automations_stamp(), update, Condition::none()).await.map(drop)
    }
}

impl TenantStore {
    /// AP-174: starts the log unless the workspace has one. A process looks once an hour.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn ensure_log(&self) -> Result<(), StoreError> {
        let now = self.clock().now();
        let logs = &self.caches().logs;
        if logs.get(&self.workspace_id(), now, CHECKED_MS).is_some() {
            return Ok(());
        }
        if self.followers().await?.log_since.is_none() {
            self.start_log().await?;
        }
        logs.put(self.workspace_id(), (), now);
        Ok(())
    }
}

fn read(stamp: &Item) -> Stamp {
    Stamp {
        followers: Followers {
            log_since: integer(stamp, LOGGED_SINCE).map(Timestamp::from_millis),
            endpoints: stamp.get(ENDPOINTS).map(ids).unwrap_or_default(),
        },
        automations: integer(stamp, AUTOMATIONS).unwrap_or_default(),
        has_had_events: stamp.contains_key(FIRST_EVENT),
    }
}

/// Reads packed ids from a set, a list, or the names of a map.
fn ids<I: Identifier>(value: &AttributeValue) -> Vec<I> {
    match value {
        AttributeValue::Ss(ids) => ids.iter().filter_map(|id| unpack(id)).collect(),
        AttributeValue::L(ids) => ids.iter().filter_map(|id| unpack(id.as_s().ok()?)).collect(),
        AttributeValue::M(ids) => ids.keys().filter_map(|id| unpack(id)).collect(),
        _ => Vec::new(),
    }
}
