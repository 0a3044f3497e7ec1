use std::time::Duration;

use super::DeliverySubject;
use crate::{Clock, RetrySchedule, Timestamp};

/// Delivery state of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryState {
    /// The sequence of the last event that was read from the log. It and the earlier ones are delivered, not wanted, held or given
    /// up. `None` before the first run.
    pub cursor: Option<u64>,
    /// The events from this sequence on are to be sent again.
    pub replay_from: Option<u64>,
    /// Up to [`DeliveryState::SUBJECTS_OF_OUTAGE`] subjects with failed attempts since the last success.
    pub failed: Vec<DeliverySubject>,
    /// Since when attempts have failed, without a success.
    pub failing_since: Option<Timestamp>,
    /// The outage of the endpoint, if it has one.
    pub outage: Option<Outage>,
    /// The receiver asked for no attempt before this time.
    pub rest_until: Option<Timestamp>,
    /// The end of the last outage, or the time when the endpoint was enabled again: what was tried before is due.
    pub recovered_at: Option<Timestamp>,
    /// The last request to go on that this state includes: the endpoint was enabled, or its URL was changed.
    pub resumed_at: Option<Timestamp>,
    /// When the timers start the next run.
    pub next_run: Option<Timestamp>,
}

/// An outage of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The number of steps of the retry schedule.
    pub steps: u32,
    /// The time of the next attempt.
    pub until: Timestamp,
    /// From this time on, a new event of a subject without failures is tried: the failures of others may be the events' own.
    pub fresh_from: Timestamp,
}

impl Outage {
    /// The time between two attempts with new events: 5 minutes.
    const FRESH_SECONDS: i64 = 5 * 60;

    /// Begins an outage.
    fn begin(clock: &dyn Clock) -> Self {
        let now = clock.now();
        Self { steps: 1, until: next_step(1, clock), fresh_from: now.plus_seconds(Self::FRESH_SECONDS) }
    }

    /// Records an attempt that failed. One that was due is a step of the schedule.
    fn failed(&mut self, clock: &dyn Clock) {
        let now = clock.now();
        if self.until <= now {
            self.steps += 1;
            self.until = next_step(self.steps, clock);
        }
        self.fresh_from = now.plus_seconds(Self::FRESH_SECONDS);
    }
}

impl DeliveryState {
    /// Attempts for this many subjects that fail, one after another, are an outage.
    pub const SUBJECTS_OF_OUTAGE: usize = 3;

    /// Returns until when nothing is sent.
    #[must_use]
    pub fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.outage.map(|outage| outage.until).max(self.rest_until).filter(|&until| until > now)
    }

    /// Returns whether a new event of a subject without failures may be tried in spite of the outage.
    #[must_use]
    pub fn allows_fresh(&self, now: Timestamp) -> bool {
        self.fresh_from().is_some_and(|from| from <= now)
    }

    /// Says that there is no such event now.
    pub fn postpone_fresh(&mut self, now: Timestamp) {
        if let Some(outage) = &mut self.outage {
            outage.fresh_from = now.plus_seconds(Outage::FRESH_SECONDS);
        }
    }

    /// Returns the time from which [`Self::allows_fresh`] holds, during an outage.
    #[must_use]
    pub fn fresh_from(&self) -> Option<Timestamp> {
        self.outage.map(|outage| self.rest_until.map_or(outage.fresh_from, |rest| rest.max(outage.fresh_from)))
    }

    /// Records a delivery. It ends an outage.
    pub fn succeeded(&mut self, now: Timestamp) {
        if self.outage.take().is_some() {
            self.recovered_at = Some(now);
        }
        self.failed.clear();
        self.failing_since = None;
    }

    /// Records a failed attempt. A probe is the one attempt of a step during an outage.
    pub fn failed(
        &mut self,
        subject: &DeliverySubject,
        is_probe: bool,
        retry_after: Option<Duration>,
        clock: &dyn Clock,
    ) {
        let now = clock.now();
        self.failing_since.get_or_insert(now);
        if let Some(after) = retry_after {
            let until = now.as_millis().saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
            self.rest_until = self.rest_until.max(Some(Timestamp::from_millis(until)));
        }
        if self.failed.len() < Self::SUBJECTS_OF_OUTAGE && !self.failed.contains(subject) {
            self.failed.push(subject.clone());
        }
        match &mut self.outage {
            Some(outage) if is_probe => outage.failed(clock),
            None if self.failed.len() == Self::SUBJECTS_OF_OUTAGE => self.outage = Some(Outage::begin(clock)),
            Some(_) | None => {}
        }
    }

    /// Returns whether the endpoint has to be disabled: nothing but failures for five days.
    #[must_use]
    pub fn is_dead(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| RetrySchedule::is_dead(since, now))
    }

    /// Forgets failures: the endpoint was enabled again, or has another URL.
    pub fn forget_failures(&mut self) {
        self.forget_outage();
        self.failing_since = None;
        self.rest_until = None;
    }

    /// Forgets which subjects failed, because nothing waits any more. How long attempts have failed is not forgotten: what was given up was
    /// no success.
    pub fn forget_outage(&mut self) {
        self.failed.clear();
        self.outage = None;
    }
}

/// Returns the time of the attempt after a step of an outage. The last delay of the schedule repeats.
fn next_step(step: u32, clock: &dyn Clock) -> Timestamp {
    let step = step.min(RetrySchedule::ATTEMPTS - 1);
    RetrySchedule::next_attempt(step, None, clock).unwrap_or_else(|| clock.now())
}
