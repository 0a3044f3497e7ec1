//! The one retry policy of this crate.

use std::time::Duration;

use deskless_domain::Clock;
use tokio::time::Instant;

use crate::StoreError;

/// The bound of the first pause; it doubles with each pause.
const FIRST: Duration = Duration::from_millis(25);
/// The largest bound of a pause.
const LONGEST: Duration = Duration::from_millis(500);
/// After this time the caller is better served by an error: functions end after 15 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// Pauses with full jitter, 25 ms doubling to 500 ms, until 8 s have passed.
///
/// The SDK does not retry cancelled transactions, so conflicts between writers are settled here. Full jitter (a random pause
/// between zero and the bound) spreads writers best:
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug)]
pub struct Backoff<'a> {
    clock: &'a dyn Clock,
    started: Instant,
    bound: Duration,
}

impl<'a> Backoff<'a> {
    /// Starts counting the time.
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, started: Instant::now(), bound: FIRST }
    }

    /// Checks that there is time left for another attempt.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the reason for the retries once 8 s have passed.
    pub fn check(&self, reason: &str) -> Result<(), StoreError> {
        if self.started.elapsed() >= PATIENCE { Err(StoreError::Unavailable(reason.to_owned())) } else { Ok(()) }
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
        self.bound = (self.bound * 2).min(LONGEST);
        Ok(())
    }
}
