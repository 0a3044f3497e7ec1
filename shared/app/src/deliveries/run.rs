//! A run: it takes the lease, works until nothing is due or its time is over, and ends.

use std::{collections::BTreeMap, time::Duration};

use deskless_domain::{
    Attempt, DeliveryState, DeliverySubject, DisabledReason, Hold, Resource, Timestamp, WebhookEndpoint,
    WebhookEndpointId,
};
use deskless_store::{BeginRun, CHECK_SECONDS, DeliveryRun, DeliveryTarget, EndRun, NextRun, StoreError, TenantStore};
use tokio::time::Instant;

use super::{
    Sender,
    batch::MOST_HELD,
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
    opened: Instant,
    /// Whether the end of the log was reached. A later event starts another run, which makes this one look again before it ends.
    pub is_at_end: bool,
}

/// How long a run works with what it has read of the endpoint. A change takes effect after that.
const FRESHNESS: Duration = Duration::from_secs(5);

/// Why a session ends.
enum Stop {
    /// Nothing is to be done before the next run.
    Idle(NextRun),
    /// The time is over, and more is due.
    OutOfTime,
    /// The endpoint has to be read again.
    Stale,
    /// Another run has the lease, or another replay was requested. What was not saved is done again.
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
        let (next, more) = match stop? {
            Stop::Idle(next) => (next, false),
            Stop::OutOfTime => (NextRun::At(store.clock().now()), true),
            Stop::Stale => {
                state = session.state;
                continue;
            }
            Stop::Lost => {
                store.abandon_delivery_run(run, store.clock().now()).await?;
                return Ok(true);
            }
        };
        match store.end_delivery_run(run, &session.state, next).await? {
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
            opened: Instant::now(),
            is_at_end: false,
        }))
    }

    /// Sends what is due.
    async fn work(&mut self) -> Result<Stop, AppError> {
        if !self.endpoint.fields.enabled {
            disable::report(self.store, self.sender, &self.endpoint).await?;
            return Ok(Stop::Idle(NextRun::Never));
        }
        if self.state.cursor.is_none() {
            self.state.cursor = Some(self.store.sequence_at(self.endpoint.created_at()).await?);
        }
        if let Some(from) = self.state.replay_from
            && !self.rewind(from).await?
        {
            return Ok(Stop::Lost);
        }
        self.drop_needless_replays().await?;
        self.opened = Instant::now();
        loop {
            if Instant::now() >= self.deadline {
                return Ok(Stop::OutOfTime);
            }
            if self.opened.elapsed() >= FRESHNESS {
                return Ok(if self.save_cursor().await? { Stop::Stale } else { Stop::Lost });
            }
            let batch = match self.state.paused_until(self.now()) {
                None => self.next_batch().await?,
                Some(_) if self.state.allows_fresh(self.now()) && self.has_unread() => Some(self.probe_fresh().await?),
                Some(until) => return Ok(Stop::Idle(NextRun::At(self.end_of_pause(until)))),
            };
            let Some(batch) = batch else { return Ok(Stop::Idle(self.next_run())) };
            let mut delivered = self.deliver(batch).await;
            let (is_gone, may_be_dead, error) = (delivered.is_gone, delivered.may_be_dead, delivered.error.take());
            if !self.save(delivered).await? {
                return Ok(Stop::Lost);
            }
            if let Some(error) = error {
                let _ = self.save_cursor().await?;
                return Err(error);
            }
            let reason = match (is_gone, may_be_dead && self.state.is_dead(self.now())) {
                (true, _) => DisabledReason::Gone,
                (false, true) => DisabledReason::Failing,
                (false, false) => continue,
            };
            let is_disabled = disable::disable(self.store, self.sender, &self.endpoint, reason).await?;
            // Or it has another URL: the end of the run is refused, and it goes on with that one.
            return Ok(if is_disabled { Stop::Idle(NextRun::Never) } else { Stop::OutOfTime });
        }
    }

    /// Returns whether the log may have events that were not read.
    fn has_unread(&self) -> bool {
        !self.is_at_end && self.holds.len() < MOST_HELD
    }

    /// Returns when the next run begins during a pause: when the next new event may be tried, if the log has more, or at its end.
    fn end_of_pause(&mut self, until: Timestamp) -> Timestamp {
        let now = self.now();
        if self.has_unread() {
            return self.state.fresh_from().map_or(until, |from| from.max(now).min(until));
        }
        if self.state.allows_fresh(now) {
            self.state.postpone_fresh(now);
        }
        until
    }

    /// Drops requests to send an event again that is still to be sent: it must not overtake earlier ones. They are tried now.
    async fn drop_needless_replays(&mut self) -> Result<(), AppError> {
        let (now, cursor) = (self.now(), self.cursor());
        let replays: Vec<_> = self.holds.values().filter(|hold| hold.subject.is_replay()).cloned().collect();
        for Hold { subject, waiting, .. } in replays {
            let Some(&sequence) = waiting.first() else { continue };
            let subject_of_rest = self.subject_in_rest(sequence).await?;
            let is_behind = |hold: &&mut Hold| {
                let is_in_rest = subject_of_rest.as_ref() == Some(&hold.subject);
                !hold.subject.is_replay() && (hold.waiting.contains(&sequence) || is_in_rest)
            };
            let owner = self.holds.values_mut().find(is_behind);
            if owner.is_none() && sequence <= cursor {
                continue;
            }
            if let Some(owner) = owner {
                owner.ask(now);
            }
            if let Some(replay) = self.holds.get_mut(&subject) {
                // An empty hold is removed with the next batch.
                replay.waiting.clear();
            }
        }
        Ok(())
    }

    /// Returns the subject of an event that may be among those that a long hold does not list.
    async fn subject_in_rest(&self, sequence: u64) -> Result<Option<DeliverySubject>, AppError> {
        let is_after = |hold: &Hold| hold.rest_after.is_some_and(|after| after < sequence);
        if sequence > self.cursor() || !self.holds.values().any(is_after) {
            return Ok(None);
        }
        let subject = self.store.get_event(sequence).await?.map(|event| DeliverySubject::of(&event));
        Ok(subject.filter(|subject| self.holds.get(subject).is_some_and(is_after)))
    }

    /// Returns when the next run begins. If nothing waits, the next failure is the first of an outage.
    fn next_run(&mut self) -> NextRun {
        if self.holds.is_empty() && self.state.outage.is_none() {
            self.state.forget_outage();
        }
        let check = self.now().plus_seconds(CHECK_SECONDS);
        let due = self.holds.values().map(|hold| hold.due(&self.state)).min();
        due.map_or(NextRun::Check, |due| NextRun::At(due.min(check)))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.store.clock().now()
    }

    pub(super) fn cursor(&self) -> u64 {
        self.state.cursor.unwrap_or_default()
    }
}
