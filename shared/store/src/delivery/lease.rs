//! The lease of an endpoint: one run at a time.

use aws_sdk_dynamodb::{operation::update_item::UpdateItemError, types::ReturnValue};
use deskless_domain::{AttemptId, DeliveryState, Timestamp, WebhookEndpointId};

use super::state;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, FORMAT_ATTRIBUTE, Item, integer},
    keys::DUE,
    packed::pack,
    timer::{clear_due, set_due},
};

/// How long a run may last. Longer than the function's timeout, so that no run acts after its lease.
pub const LEASE_SECONDS: i64 = 100;

/// A run that has the lease of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryRun {
    /// The endpoint.
    pub endpoint: WebhookEndpointId,
    /// The id of the run: the owner of the lease.
    pub id: AttemptId,
}

/// When the timers start the next run, if nobody else does before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// At this time.
    At(Timestamp),
    /// Within an hour. Nothing is due, but a start for a new event can be lost: by a function that fails
    /// each time, or waits for longer than Lambda keeps it.
    Check,
    /// The endpoint is disabled.
    Never,
}

/// The time after which an endpoint is looked at without a start: an hour.
pub const CHECK_SECONDS: i64 = 60 * 60;

/// The answer to a run that wants to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BeginRun {
    /// The run has the lease.
    Begun(DeliveryRun, Box<DeliveryState>),
    /// Another run is active, and will look again before it ends.
    Busy,
    /// Nothing may be sent now. A timer starts a run when the pause is over.
    Paused,
}

/// The answer to a run that wants to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndRun {
    /// The lease is free.
    Ended,
    /// A start came meanwhile: the run goes on, with this state.
    Again(Box<DeliveryState>),
    /// The lease had ended before. Another run repeats what this one has not saved.
    Lost,
}

/// The result of an update with a condition.
pub(super) enum Updated {
    /// The item after the update.
    Done(Item),
    /// The condition does not hold for this item.
    Refused(Item),
}

impl TenantStore {
    /// AP-190: takes the lease of an endpoint, unless another run has it or the endpoint is paused. One write unit. If another run has it,
    /// leaves a mark for it (another two), and makes the endpoint due at the end of the lease, in case that run crashes.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn begin_delivery_run(&self, endpoint: WebhookEndpointId) -> Result<BeginRun, StoreError> {
        let run = DeliveryRun { endpoint, id: AttemptId::generate(self.clock()) };
        let mut backoff = self.backoff();
        loop {
            let now = self.clock().now();
            let found = match self.take_lease(run, now).await? {
                Updated::Done(taken) => return Ok(BeginRun::Begun(run, Box::new(state::read(&taken)?))),
                Updated::Refused(found) => found,
            };
            let Some((owner, end)) = state::lease(&found).filter(|(_, end)| *end > now) else {
                if let Some(until) = integer(&found, state::PAUSED_UNTIL).filter(|&until| until > now.as_millis()) {
                    // A new event may be tried before the end of the pause, and a run that crashed has not said when the next one begins.
                    let next = integer(&found, state::FRESH_FROM).map_or(until, |fresh| fresh.min(until));
                    if integer(&found, DUE).is_none_or(|due| due <= now.as_millis() || due > next) {
                        self.wake_in_pause(endpoint, until, next).await?;
                    }
                    return Ok(BeginRun::Paused);
                }
                backoff.pause("the lease of an endpoint changes hands").await?;
                continue;
            };
            // The response to an earlier request was lost.
            if owner == pack(run.id) {
                return Ok(BeginRun::Begun(run, Box::new(state::read(&found)?)));
            }
            if found.contains_key(state::AGAIN) || self.ask_again(endpoint, owner, end).await? {
                return Ok(BeginRun::Busy);
            }
        }
    }

    async fn take_lease(&self, run: DeliveryRun, now: Timestamp) -> Result<Updated, StoreError> {
        let mut update = Update::default();
        update.set(FORMAT_ATTRIBUTE, number(item::FORMAT));
        update.set(state::OWNER, state::owner(run.id));
        update.set(state::LEASE_END, number(now.plus_seconds(LEASE_SECONDS).as_millis()));
        // This run reads everything after it has the lease.
        update.remove(state::AGAIN);
        let mut free = Condition::none();
        let time = free.value(number(now.as_millis()));
        let [end, paused, fresh] = [state::LEASE_END, state::PAUSED_UNTIL, state::FRESH_FROM].map(|a| free.name(a));
        let [requested, resumed] = [state::RESUMED_AT, state::RESUMED].map(|a| free.name(a));
        let is_resumed =
            format!("attribute_exists({requested}) AND (attribute_not_exists({resumed}) OR {resumed} < {requested})");
        let free = free.and(format!("(attribute_not_exists({end}) OR {end} <= {time})")).and(format!(
            "(attribute_not_exists({paused}) OR {paused} <= {time} OR {fresh} <= {time} OR ({is_resumed}))"
        ));
        self.update_state(run.endpoint, update, free).await
    }

    /// Makes an endpoint that is paused until a time due at another one.
    async fn wake_in_pause(&self, endpoint: WebhookEndpointId, until: i64, next: i64) -> Result<(), StoreError> {
        let key = self.keys().delivery_state(endpoint);
        let mut update = Update::default();
        set_due(&mut update, &key, Timestamp::from_millis(next));
        let unchanged = Condition::none().equals(state::PAUSED_UNTIL, number(until));
        self.update_if(key, update, unchanged).await.map(drop)
    }

    /// Leaves a mark for the run that has the lease. Returns whether it still has it.
    async fn ask_again(
        &self,
        endpoint: WebhookEndpointId,
        owner: &str,
        lease_end: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = self.keys().delivery_state(endpoint);
        let mut update = Update::default();
        update.set(state::AGAIN, number(1));
        set_due(&mut update, &key, lease_end);
        self.update_if(key, update, Condition::none().equals(state::OWNER, text(owner))).await
    }

    /// AP-193: saves the state and ends the run, unless a start has come meanwhile. One write unit; one more if the time changes at
    /// which the timers start the next run.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn end_delivery_run(
        &self,
        run: DeliveryRun,
        state: &DeliveryState,
        next: NextRun,
    ) -> Result<EndRun, StoreError> {
        let now = self.clock().now();
        let mut update = state::write(state, now);
        update.remove(state::OWNER);
        update.remove(state::LEASE_END);
        let key = self.keys().delivery_state(run.endpoint);
        // Not one that a start has left for the case that this run crashes.
        let [earliest, latest] = [LEASE_SECONDS, CHECK_SECONDS].map(|seconds| now.plus_seconds(seconds));
        let is_check = |planned| planned > earliest && planned <= latest;
        match next {
            NextRun::At(due) => set_due(&mut update, &key, due),
            NextRun::Check if state.next_run.is_some_and(is_check) => {}
            NextRun::Check => set_due(&mut update, &key, now.plus_seconds(CHECK_SECONDS)),
            NextRun::Never => clear_due(&mut update),
        }
        let own = Condition::none().equals(state::OWNER, state::owner(run.id));
        let found = match self.update_state(run.endpoint, update, own.clone().missing(state::AGAIN)).await? {
            Updated::Done(_) => return Ok(EndRun::Ended),
            Updated::Refused(found) => found,
        };
        match state::lease(&found) {
            Some((owner, _)) if owner == pack(run.id) => {}
            // The response to an earlier request was lost, or another run has taken over.
            Some(_) => return Ok(EndRun::Lost),
            None => return Ok(EndRun::Ended),
        }
        let mut update = state::write(state, now);
        update.remove(state::AGAIN);
        Ok(match self.update_state(run.endpoint, update, own).await? {
            Updated::Done(after) => EndRun::Again(Box::new(state::read(&after)?)),
            Updated::Refused(_) => EndRun::Lost,
        })
    }

    /// Ends a run that cannot go on, without saving anything, and makes the endpoint due.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn abandon_delivery_run(&self, run: DeliveryRun, due: Timestamp) -> Result<(), StoreError> {
        let key = self.keys().delivery_state(run.endpoint);
        let mut update = Update::default();
        update.remove(state::OWNER);
        update.remove(state::LEASE_END);
        set_due(&mut update, &key, due);
        self.update_if(key, update, Condition::none().equals(state::OWNER, state::owner(run.id))).await.map(drop)
    }

    /// Updates the state of an endpoint if the condition holds.
    pub(super) async fn update_state(
        &self,
        endpoint: WebhookEndpointId,
        update: Update,
        condition: Condition,
    ) -> Result<Updated, StoreError> {
        let key = self.keys().delivery_state(endpoint);
        let (expression, condition_expression) = (update.expression(), condition.expression());
        let (names, values) = condition.placeholders(update);
        let request = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key.clone().attributes()))
            .update_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_condition_expression(condition_expression)
            .return_values(ReturnValue::AllNew);
        match request.send().await {
            Ok(output) => Ok(Updated::Done(output.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                    Ok(Updated::Refused(self.get(key).await?.unwrap_or_default()))
                }
                _ => Err(StoreError::from_sdk(&error)),
            },
        }
    }
}
