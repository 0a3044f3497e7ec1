//! The item of an endpoint's state.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{AttemptId, DeliveryState, DeliverySubject, Outage, Timestamp, WebhookEndpointId};

use crate::{
    StoreError, TenantStore,
    expression::{Update, number, text},
    item::{self, FORMAT_ATTRIBUTE, Item, integer, string},
    keys::DUE,
};

/// The sequence of the last event that was read.
pub(crate) const CURSOR: &str = "cu";
/// The owner of the lease.
pub(super) const OWNER: &str = "lo";
/// The end of the lease, in ms.
pub(super) const LEASE_END: &str = "le";
/// The run is to look again before it ends.
pub(crate) const AGAIN: &str = "ag";
/// Nothing is sent before this time, in ms.
pub(super) const PAUSED_UNTIL: &str = "pu";
/// The events from this sequence on are to be sent again.
pub(super) const REPLAY_FROM: &str = "rp";
/// The endpoint was enabled again, or its URL changed, at this time, in ms. Only those who change the endpoint write it.
pub(crate) const RESUMED_AT: &str = "rs";
/// The value of the attribute before that the state includes. Only runs write it.
pub(super) const RESUMED: &str = "rh";
/// New events of subjects without failures may be tried from this time on, in ms, during an outage.
pub(super) const FRESH_FROM: &str = "of";
const FAILED: &str = "fl";
const FAILING_SINCE: &str = "fs";
const OUTAGE_STEPS: &str = "os";
const OUTAGE_UNTIL: &str = "ou";
const REST_UNTIL: &str = "ru";
const RECOVERED_AT: &str = "ra";

impl TenantStore {
    /// AP-188: reads the state of the deliveries to an endpoint, strongly consistent: one read unit.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn delivery_state(&self, endpoint: WebhookEndpointId) -> Result<DeliveryState, StoreError> {
        let found = self.get(self.keys().delivery_state(endpoint)).await?;
        found.as_ref().map(read).transpose().map(Option::unwrap_or_default)
    }
}

/// Reads the state. One that does not exist yet is the default.
///
/// An endpoint that was enabled again has no failures.
pub(super) fn read(found: &Item) -> Result<DeliveryState, StoreError> {
    item::check_format(found)?;
    let time = |name| integer(found, name).map(Timestamp::from_millis);
    let sequence = |name| integer(found, name).and_then(|sequence| u64::try_from(sequence).ok());
    let steps = integer(found, OUTAGE_STEPS).and_then(|steps| u32::try_from(steps).ok());
    let failed = found.get(FAILED).and_then(|failed| failed.as_l().ok()).into_iter().flatten();
    let mut state = DeliveryState {
        cursor: sequence(CURSOR),
        replay_from: sequence(REPLAY_FROM),
        failed: failed.filter_map(|one| one.as_s().ok().cloned().map(DeliverySubject::stored)).collect(),
        failing_since: time(FAILING_SINCE),
        outage: steps.zip(time(OUTAGE_UNTIL)).map(|(steps, until)| Outage {
            steps,
            until,
            fresh_from: time(FRESH_FROM).unwrap_or(until),
        }),
        rest_until: time(REST_UNTIL),
        recovered_at: time(RECOVERED_AT),
        resumed_at: time(RESUMED),
        next_run: time(DUE),
    };
    if let Some(resumed) = time(RESUMED_AT).filter(|&resumed| Some(resumed) > state.resumed_at) {
        state.forget_failures();
        state.recovered_at = Some(resumed);
        state.resumed_at = Some(resumed);
    }
    Ok(state)
}

/// Returns the owner of the lease and its end, if the item has one.
pub(super) fn lease(found: &Item) -> Option<(&str, Timestamp)> {
    string(found, OWNER).zip(integer(found, LEASE_END).map(Timestamp::from_millis))
}

/// Returns the update that writes everything that a run decides. It does not touch requests of others.
pub(super) fn write(state: &DeliveryState, now: Timestamp) -> Update {
    let mut update = Update::default();
    let mut put = |name: &str, value: Option<AttributeValue>| match value {
        Some(value) => update.set(name, value),
        None => update.remove(name),
    };
    let millis = |time: Timestamp| number(time.as_millis());
    let failed: Vec<_> = state.failed.iter().map(|subject| text(subject.as_str())).collect();
    put(FORMAT_ATTRIBUTE, Some(number(item::FORMAT)));
    put(CURSOR, state.cursor.map(number));
    put(FAILED, (!failed.is_empty()).then_some(AttributeValue::L(failed)));
    put(FAILING_SINCE, state.failing_since.map(millis));
    put(OUTAGE_STEPS, state.outage.map(|outage| number(outage.steps)));
    put(OUTAGE_UNTIL, state.outage.map(|outage| millis(outage.until)));
    put(REST_UNTIL, state.rest_until.map(millis));
    put(RECOVERED_AT, state.recovered_at.map(millis));
    put(PAUSED_UNTIL, state.paused_until(now).map(millis));
    put(FRESH_FROM, state.fresh_from().map(millis));
    put(RESUMED, state.resumed_at.map(millis));
    update
}

/// Returns a lease's owner as it is stored.
pub(super) fn owner(run: AttemptId) -> AttributeValue {
    text(crate::packed::pack(run))
}
