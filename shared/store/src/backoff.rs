//! The retry policy of this crate.

use std::time::Duration;

use deskless_domain::Clock;
use tokio::time::Instant;

use crate::StoreError;

/// The maximum of the first pause. It doubles with each pause.
const FIRST_BOUND: Duration = Duration::from_millis(25);
/// The largest maximum of a pause.
const LARGEST_BOUND: Duration = Duration::from_millis(500);
/// The time after which there are no more retries. Functions time out after 15 s.
const TIME_LIMIT: Duration = Duration::from_secs(8);

/// Pauses with full jitter, 25 ms doubling to 500 ms, until 8 s have passed.
///
/// The SDK does not retry cancelled transactions, so conflicts between writers are retried here. Full jitter (a random
/// pause between zero and the maximum) spreads writers best:
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug)]
pub struct Backoff<'a> {
    clock: &'a dyn Clock,
    deadline: Instant,
    bound: Duration,
}

impl<'a> Backoff<'a> {
    /// Starts the retry policy's clock. `limit` is an earlier deadline, if there is one.
    pub(crate) fn new(clock: &'a dyn Clock, limit: Option<Instant>) -> Self {
        let deadline = Instant::now() + TIME_LIMIT;
        Self { clock, deadline: limit.map_or(deadline, |limit| limit.min(deadline)), bound: FIRST_BOUND }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Checks that there is time left for another attempt.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the reason for the retries once 8 s have passed.
    pub fn check(&self, reason: &str) -> Result<(), StoreError> {
        if Instant::now() >= self.deadline { Err(StoreError::Unavailable(reason.to_owned())) } else { Ok(()) }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the reason for the retries once 8 s have passed.
    pub async fn pause(&mut self, reason: &str) -> Result<(), StoreError> {
        self.check(reason)?;
        let mut bytes = [0; 2];
        self.clock.fill_random(&mut bytes);
        tokio::time::sleep(self.bound.mul_f64(f64::from(u16::from_be_bytes(bytes)) / 65536.0)).await;
        self.bound = (self.bound * 2).min(LARGEST_BOUND);
        Ok(())
    }
}
