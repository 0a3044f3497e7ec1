use crate::{Reason, Timestamp};

/// An attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The sequence of the event. 0 for a test.
    pub sequence: u64,
    /// The number of the attempt for this event, from 1.
    pub number: u32,
    /// The time.
    pub at: Timestamp,
    /// The duration in milliseconds.
    pub duration_ms: u32,
    /// The status of the response, if there was one.
    pub status: Option<u16>,
    /// Why there was no response.
    pub failure: Option<Reason>,
    /// The first KB of a response that was not 2xx.
    pub response: Option<String>,
    /// The time of the next attempt. `None` after a success or the last attempt.
    pub next_attempt_at: Option<Timestamp>,
}

impl Attempt {
    /// Returns whether the event was delivered.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..=299).contains(&status))
    }
}

/// An event that was given up after the last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredEvent {
    /// The sequence of the event.
    pub sequence: u64,
    /// The time of the last attempt.
    pub given_up_at: Timestamp,
    /// The number of attempts.
    pub attempts: u32,
    /// The status of the last response, if there was one.
    pub last_status: Option<u16>,
    /// Why there was no response to the last attempt.
    pub last_failure: Option<Reason>,
}
