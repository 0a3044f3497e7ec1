//! Sends the groups of a batch side by side, each in order.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use deskless_domain::{
    AfterFailure, Attempt, AttemptOutcome, DeliveryState, DeliverySubject, EventFilter, Hold, LoggedEvent,
    UndeliveredEvent,
};
use deskless_outbound::Request;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::{
    batch::{Batch, Group},
    run::Session,
    send::{ToSend, send},
};
use crate::AppError;

/// The most requests to an endpoint at a time.
const CONCURRENCY: usize = 8;
/// An endpoint is disabled when an event has failed this often, and nothing but failures came before.
const ATTEMPTS_OF_DEAD: u32 = 3;
/// The number of events that are read at once from the rest of a long hold.
const REST: usize = 100;

/// What the attempts of a batch share.
struct Shared {
    state: DeliveryState,
    attempts: Vec<Attempt>,
    is_gone: bool,
    may_be_dead: bool,
    error: Option<AppError>,
}

/// What follows from the attempts of a batch.
pub(super) struct Delivered {
    pub groups: Vec<Handled>,
    pub cursor: u64,
    /// The receiver wants nothing any more.
    pub is_gone: bool,
    /// An event has failed often enough to disable an endpoint with nothing but failures.
    pub may_be_dead: bool,
    /// The error of a subject whose events could not be read. They wait.
    pub error: Option<AppError>,
}

/// What follows for a subject.
pub(super) struct Handled {
    /// What waits now.
    pub hold: Hold,
    /// What was stored before.
    pub before: Option<Hold>,
    pub undelivered: Vec<UndeliveredEvent>,
    /// Events that are delivered on request.
    pub delivered: Vec<u64>,
    /// The number of events that no longer wait.
    pub count: usize,
}

impl Session<'_> {
    /// Sends a batch.
    pub(super) async fn deliver(&mut self, batch: Batch) -> Delivered {
        let Batch { groups, cursor, is_probe } = batch;
        let shared = Mutex::new(Shared {
            state: std::mem::take(&mut self.state),
            attempts: Vec::new(),
            is_gone: false,
            may_be_dead: false,
            error: None,
        });
        let session = &*self;
        let sends = groups.into_iter().map(|group| session.send_in_order(group, cursor, is_probe, &shared));
        let groups = stream::iter(sends).buffer_unordered(CONCURRENCY).collect().await;
        let Shared { state, attempts, is_gone, may_be_dead, error } =
            shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.state = state;
        self.attempts.extend(attempts);
        Delivered { groups, cursor, is_gone, may_be_dead, error }
    }

    /// Sends the events of a group until one fails or the run has to stop. The rest waits.
    async fn send_in_order(&self, group: Group, cursor: u64, is_probe: bool, shared: &Mutex<Shared>) -> Handled {
        let Group { hold, before, events, is_due } = group;
        let mut handled = Handled { hold, before, undelivered: Vec::new(), delivered: Vec::new(), count: 0 };
        if is_due && let Err(error) = self.send_due(&mut handled, events, cursor, is_probe, shared).await {
            handled.hold.postpone(self.now());
            let _ = lock(shared).error.get_or_insert(error);
        }
        handled
    }

    async fn send_due(
        &self,
        handled: &mut Handled,
        mut events: HashMap<u64, LoggedEvent>,
        cursor: u64,
        is_probe: bool,
        shared: &Mutex<Shared>,
    ) -> Result<(), AppError> {
        while !handled.hold.is_empty() && !self.must_stop(&lock(shared), is_probe) {
            let Some(&sequence) = handled.hold.waiting.first() else {
                self.read_rest(&mut handled.hold, cursor).await?;
                continue;
            };
            let event = match events.remove(&sequence) {
                Some(event) => Some(event),
                None => self.store.get_event(sequence).await?,
            };
            // It has expired.
            let Some(event) = event else {
                handled.hold.pop();
                continue;
            };
            let number = handled.hold.attempts + 1;
            let to_send = ToSend { destination: &self.destination, event: &event, number, timeout: Request::TIMEOUT };
            let (attempt, outcome) = send(self.store, self.sender, to_send).await?;
            let mut shared = lock(shared);
            if !self.follow(&mut shared, handled, attempt, outcome, is_probe) || is_probe {
                break;
            }
        }
        Ok(())
    }

    /// Records an attempt. Returns whether the next event of the subject can be sent.
    fn follow(
        &self,
        shared: &mut Shared,
        handled: &mut Handled,
        mut attempt: Attempt,
        outcome: AttemptOutcome,
        is_probe: bool,
    ) -> bool {
        let (clock, hold) = (self.store.clock(), &mut handled.hold);
        let retry_after = match outcome {
            AttemptOutcome::Delivered => {
                shared.state.succeeded(clock.now());
                shared.attempts.push(attempt.clone());
                hold.pop();
                handled.count += 1;
                handled.delivered.extend(hold.subject.is_replay().then_some(attempt.sequence));
                return true;
            }
            AttemptOutcome::Gone => None,
            AttemptOutcome::Retry { after } => after,
        };
        // One failure after days without events says little.
        shared.may_be_dead |= attempt.number >= ATTEMPTS_OF_DEAD;
        shared.is_gone |= outcome == AttemptOutcome::Gone;
        shared.state.failed(&hold.subject, is_probe, retry_after, clock);
        let after = hold.failed(&shared.state, retry_after, clock);
        match after {
            AfterFailure::Retry(due) => {
                attempt.next_attempt_at = Some(due.max(shared.state.paused_until(clock.now()).unwrap_or(due)));
            }
            AfterFailure::GiveUp => {
                handled.count += 1;
                handled.undelivered.push(UndeliveredEvent {
                    sequence: attempt.sequence,
                    given_up_at: clock.now(),
                    attempts: attempt.number,
                    last_status: attempt.status,
                    last_failure: attempt.failure.clone(),
                });
            }
        }
        shared.attempts.push(attempt);
        after == AfterFailure::GiveUp
    }

    /// Returns whether nothing more may be sent now.
    fn must_stop(&self, shared: &Shared, is_probe: bool) -> bool {
        let now = self.now();
        let is_paused = shared.state.paused_until(now).is_some() && !(is_probe && shared.state.allows_fresh(now));
        shared.is_gone || is_paused || Instant::now() >= self.deadline
    }

    /// Reads more of the events that a long hold does not list.
    async fn read_rest(&self, hold: &mut Hold, cursor: u64) -> Result<(), AppError> {
        let Some(after) = hold.rest_after else { return Ok(()) };
        let filter = EventFilter { conversation_id: hold.subject.conversation(), ..self.filter() };
        let page = self.store.list_events(after, REST, &filter).await?;
        let own = page.events.iter().filter(|event| DeliverySubject::of(event) == hold.subject);
        hold.waiting.extend(own.map(|event| event.sequence).filter(|&sequence| sequence <= cursor));
        let is_read = !page.has_more || page.scanned_to >= cursor;
        hold.rest_after = (!is_read).then_some(page.scanned_to);
        Ok(())
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
