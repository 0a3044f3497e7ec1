use std::time::Duration;

use super::{DeliveryState, DeliverySubject};
use crate::{Clock, RetrySchedule, Timestamp};

/// The events of one subject that wait for a delivery, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The subject.
    pub subject: DeliverySubject,
    /// The sequences of the events that wait. The first one is sent next.
    pub waiting: Vec<u64>,
    /// After more than [`Hold::MAX_WAITING`] events: the rest are those after this sequence, up to the endpoint's cursor.
    pub rest_after: Option<u64>,
    /// The number of failed attempts for the first event.
    pub attempts: u32,
    /// The time of the last attempt.
    pub tried_at: Option<Timestamp>,
    /// The time of the next attempt.
    pub due: Timestamp,
}

/// What follows from a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Another attempt at this time.
    Retry(Timestamp),
    /// That was the last attempt: the event is undelivered, and the next one of its subject is sent.
    GiveUp,
}

impl Hold {
    /// The most events that are listed. Further ones are found in the log again.
    pub const MAX_WAITING: usize = 500;

    /// Creates a hold without events, due now.
    #[must_use]
    pub fn new(subject: DeliverySubject, now: Timestamp) -> Self {
        Self { subject, waiting: Vec::new(), rest_after: None, attempts: 0, tried_at: None, due: now }
    }

    /// Returns whether no event waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.rest_after.is_none()
    }

    /// Adds the next event of the subject.
    pub fn push(&mut self, sequence: u64) {
        if self.rest_after.is_some() {
            return;
        }
        if self.waiting.len() < Self::MAX_WAITING {
            self.waiting.push(sequence);
        } else {
            self.rest_after = self.waiting.last().copied();
        }
    }

    /// Removes the first event, which was delivered, given up or has expired.
    pub fn pop(&mut self) {
        if !self.waiting.is_empty() {
            let _ = self.waiting.remove(0);
        }
        self.attempts = 0;
    }

    /// Removes the events from this sequence on: they are read again.
    pub fn truncate(&mut self, from: u64) {
        let first = self.waiting.first().copied();
        let count = self.waiting.len();
        self.waiting.retain(|&sequence| sequence < from);
        if self.waiting.len() < count || self.rest_after.is_some_and(|after| after >= from) {
            self.rest_after = None;
        }
        if self.waiting.first().copied() != first {
            self.attempts = 0;
        }
    }

    /// The shortest time between two early attempts: 5 minutes. A receiver that rejects one event and accepts others seems to recover with
    /// each of them.
    const EARLY_SECONDS: i64 = 5 * 60;
    /// The time after which an event that could not be read is read again: 5 minutes.
    const UNREADABLE_SECONDS: i64 = 5 * 60;

    /// Returns the time of the next attempt. It is at once if the endpoint was enabled or changed since the last attempt, and at most
    /// five minutes after that attempt if the endpoint has recovered since.
    #[must_use]
    pub fn due(&self, state: &DeliveryState) -> Timestamp {
        let Some(tried) = self.tried_at else { return self.due };
        let is_before = |time: &Timestamp| tried < *time;
        let resumed = state.resumed_at.filter(is_before);
        let recovered = state.recovered_at.filter(is_before);
        let early = recovered.map(|recovered| recovered.max(tried.plus_seconds(Self::EARLY_SECONDS)));
        [resumed, early].into_iter().flatten().fold(self.due, Timestamp::min)
    }

    /// Makes the first event due now, because a caller asked for it. The attempt does not count.
    pub fn ask(&mut self, now: Timestamp) {
        self.due = now;
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// Makes the first event due later, because it could not be read.
    pub fn postpone(&mut self, now: Timestamp) {
        self.tried_at = Some(now);
        self.due = now.plus_seconds(Self::UNREADABLE_SECONDS);
    }

    /// Records a failed attempt for the first event. During an outage no event is given up, because none is at fault. An attempt that was
    /// made before its time, because the endpoint seemed to have recovered, does not count.
    pub fn failed(&mut self, state: &DeliveryState, retry_after: Option<Duration>, clock: &dyn Clock) -> AfterFailure {
        let now = clock.now();
        self.tried_at = Some(now);
        let next = if self.attempts > 0 && now < self.due {
            Some(self.due)
        } else {
            self.attempts += 1;
            RetrySchedule::next_attempt(self.attempts, retry_after, clock)
        };
        let after = match (next, &state.outage) {
            (next, Some(outage)) => AfterFailure::Retry(next.map_or(outage.until, |next| next.max(outage.until))),
            (Some(due), None) => AfterFailure::Retry(due),
            (None, None) => AfterFailure::GiveUp,
        };
        match after {
            AfterFailure::Retry(due) => self.due = due,
            AfterFailure::GiveUp => {
                self.pop();
                self.due = now;
            }
        }
        after
    }
}
