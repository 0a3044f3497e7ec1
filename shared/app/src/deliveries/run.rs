//! A run: it takes the lease, works until nothing is due or its time is over, and ends.

use std::{collections::BTreeMap, time::Duration};

use deskless_domain::{
    Attempt, DeliveryState, DeliverySubject, DisabledReason, Hold, Resource, Timestamp, WebhookEndpoint,
    WebhookEndpointId,
};
use deskless_store::{BeginRun, DeliveryRun, DeliveryTarget, EndRun, StoreError, TenantStore};
use tokio::time::Instant;

use super::{
    Sender,
    destination::{Destination, destination},
    disable,
};
use crate::AppError;

/// The time until the next run after an error of the table, in seconds.
const AFTER_ERROR_SECONDS: i64 = 10;

/// What a run knows of its endpoint.
pub(super) struct Session<'a> {
    pub store: &'a TenantStore,
    pub sender: Sender<'a>,
    pub run: DeliveryRun,
    /// After this time, nothing more is sent.
    pub deadline: Instant,
    pub endpoint: Resource<WebhookEndpoint>,
    pub destination: Destination,
    pub state: DeliveryState,
    pub holds: BTreeMap<DeliverySubject, Hold>,
    pub attempts: Vec<Attempt>,
    /// The number of events that were handled since the state was saved.
    pub unsaved: usize,
    /// Whether the end of the log was reached. What is appended later starts a run, which this one is told of.
    pub is_at_end: bool,
}

/// Why a run stops.
enum Stop {
    /// Nothing is due before this time.
    Idle(Option<Timestamp>),
    /// The time is over, and more is due.
    OutOfTime,
    /// Another run has the lease.
    Lost,
}

/// Sends everything that is due at an endpoint. Returns at once if another run does, which then looks again, or if the endpoint is
/// paused. When `budget` is over and more is due, starts another run.
///
/// # Errors
/// When the table does not respond. A repeat goes on from what was saved.
pub async fn run(
    store: &TenantStore,
    id: WebhookEndpointId,
    sender: Sender<'_>,
    budget: Duration,
) -> Result<(), AppError> {
    let deadline = Instant::now() + budget;
    let BeginRun::Begun(run, state) = store.begin_delivery_run(id).await? else { return Ok(()) };
    let mut attempts = Vec::new();
    let led = lead(store, run, *state, sender, deadline, &mut attempts).await;
    if led.is_err() {
        let due = store.clock().now().plus_seconds(AFTER_ERROR_SECONDS);
        let _ = store.abandon_delivery_run(run, due).await;
    }
    let recorded = store.record_attempts(id, run.id, attempts).await;
    if led? {
        store.start_delivery(&DeliveryTarget::Endpoint { id }).await?;
    }
    Ok(recorded?)
}

/// Works until the run can end. Returns whether more is due.
async fn lead(
    store: &TenantStore,
    run: DeliveryRun,
    mut state: DeliveryState,
    sender: Sender<'_>,
    deadline: Instant,
    attempts: &mut Vec<Attempt>,
) -> Result<bool, AppError> {
    loop {
        let Some(mut session) = Session::open(store, run, state, sender, deadline).await? else {
            store.remove_deliveries(run).await?;
            return Ok(false);
        };
        let stop = session.work().await;
        attempts.append(&mut session.attempts);
        let (due, more) = match stop? {
            Stop::Idle(due) => (due, false),
            Stop::OutOfTime => (Some(store.clock().now()), true),
            Stop::Lost => return Ok(false),
        };
        match store.end_delivery_run(run, &session.state, due).await? {
            EndRun::Ended => return Ok(more),
            EndRun::Lost => return Ok(false),
            EndRun::Again(next) => state = *next,
        }
    }
}

impl<'a> Session<'a> {
    /// Reads the endpoint and what waits. Returns `None` if the endpoint was deleted.
    async fn open(
        store: &'a TenantStore,
        run: DeliveryRun,
        state: DeliveryState,
        sender: Sender<'a>,
        deadline: Instant,
    ) -> Result<Option<Self>, AppError> {
        let (endpoint, holds) =
            tokio::join!(store.get_resource::<WebhookEndpoint>(run.endpoint), store.list_holds(run.endpoint));
        let endpoint = match endpoint {
            Ok(endpoint) => endpoint,
            Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let destination = destination(store, &endpoint).await?;
        let holds = holds?.into_iter().map(|hold| (hold.subject.clone(), hold)).collect();
        Ok(Some(Self {
            store,
            sender,
            run,
            deadline,
            endpoint,
            destination,
            state,
            holds,
            attempts: Vec::new(),
            unsaved: 0,
            is_at_end: false,
        }))
    }

    /// Sends what is due.
    async fn work(&mut self) -> Result<Stop, AppError> {
        if !self.endpoint.fields.enabled {
            disable::report(self.store, self.sender, &self.endpoint).await?;
            return Ok(Stop::Idle(None));
        }
        if self.state.cursor.is_none() {
            self.state.cursor = Some(self.store.sequence_at(self.endpoint.created_at()).await?);
        }
        if let Some(from) = self.state.replay_from
            && !self.rewind(from).await?
        {
            return Ok(Stop::Lost);
        }
        self.drop_needless_replays();
        loop {
            if let Some(until) = self.state.paused_until(self.now()) {
                return Ok(Stop::Idle(Some(until)));
            }
            if Instant::now() >= self.deadline {
                return Ok(Stop::OutOfTime);
            }
            let Some(batch) = self.next_batch().await? else {
                return Ok(Stop::Idle(self.next_due()));
            };
            let delivered = self.deliver(batch).await?;
            let (is_gone, has_failed) = (delivered.is_gone, delivered.has_failed);
            if !self.save(delivered).await? {
                return Ok(Stop::Lost);
            }
            let reason = match (is_gone, has_failed && self.state.is_dead(self.now())) {
                (true, _) => DisabledReason::Gone,
                (false, true) => DisabledReason::Failing,
                (false, false) => continue,
            };
            disable::disable(self.store, self.sender, &self.endpoint, reason).await?;
            return Ok(Stop::Idle(None));
        }
    }

    /// Drops requests to send an event again that is still to be sent: it must not overtake earlier ones. They are tried now.
    fn drop_needless_replays(&mut self) {
        let (now, cursor) = (self.now(), self.cursor());
        let replays: Vec<_> = self.holds.values().filter(|hold| hold.subject.is_replay()).cloned().collect();
        for Hold { subject, waiting, .. } in replays {
            let Some(&sequence) = waiting.first() else { continue };
            let is_behind = |hold: &&mut Hold| !hold.subject.is_replay() && hold.waiting.contains(&sequence);
            let owner = self.holds.values_mut().find(is_behind);
            if owner.is_none() && sequence <= cursor {
                continue;
            }
            if let Some(owner) = owner {
                owner.due = now;
            }
            if let Some(replay) = self.holds.get_mut(&subject) {
                // An empty hold is removed with the next batch.
                replay.waiting.clear();
            }
        }
    }

    /// Returns when the next event is due. If none waits, failures are forgotten: the next one begins anew.
    fn next_due(&mut self) -> Option<Timestamp> {
        if self.holds.is_empty() && self.state.outage.is_none() {
            self.state.forget_failures();
        }
        self.holds.values().map(|hold| hold.due(&self.state)).min()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.store.clock().now()
    }

    pub(super) fn cursor(&self) -> u64 {
        self.state.cursor.unwrap_or_default()
    }
}
