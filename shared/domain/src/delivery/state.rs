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
}

/// An outage of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The number of steps of the retry schedule.
    pub steps: u32,
    /// The time of the next attempt.
    pub until: Timestamp,
}

impl DeliveryState {
    /// Attempts for this many subjects that fail, one after another, are an outage.
    pub const SUBJECTS_OF_OUTAGE: usize = 3;

    /// Returns until when nothing is sent.
    #[must_use]
    pub fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.outage.map(|outage| outage.until).max(self.rest_until).filter(|&until| until > now)
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
            Some(outage) if is_probe => {
                outage.steps += 1;
                outage.until = next_step(outage.steps, clock);
            }
            Some(_) => {}
            None if self.failed.len() == Self::SUBJECTS_OF_OUTAGE => {
                self.outage = Some(Outage { steps: 1, until: next_step(1, clock) });
            }
            None => {}
        }
    }

    /// Returns whether the endpoint has to be disabled: nothing but failures for five days.
    #[must_use]
    pub fn is_dead(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| RetrySchedule::is_dead(since, now))
    }

    /// Forgets failures: the endpoint was enabled again, or nothing waits any more.
    pub fn forget_failures(&mut self) {
        self.failed.clear();
        self.failing_since = None;
        self.outage = None;
        self.rest_until = None;
    }
}

/// Returns the time of the attempt after a step of an outage. The last delay of the schedule repeats.
fn next_step(step: u32, clock: &dyn Clock) -> Timestamp {
    let step = step.min(RetrySchedule::ATTEMPTS - 1);
    RetrySchedule::next_attempt(step, None, clock).unwrap_or_else(|| clock.now())
}
