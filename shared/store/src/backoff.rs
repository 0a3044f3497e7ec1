//! How long to wait before the same thing is tried again.

use std::time::Duration;

use deskless_domain::Clock;
use tokio::time::Instant;

/// The first pause is at most this long; each one after may be twice as long.
const FIRST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_millis(500);
/// After this, the caller is better served by an answer: functions end after 15 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// Pauses with full jitter, 25 ms doubling to 500 ms, until 8 s have passed.
///
/// The SDK does not repeat cancelled transactions, so conflicts between writers are settled here. Full jitter (a pause
/// anywhere between nothing and the bound) spreads them best:
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
#[derive(Debug)]
pub(crate) struct Backoff<'a> {
    clock: &'a dyn Clock,
    started: Instant,
    bound: Duration,
}

impl<'a> Backoff<'a> {
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, started: Instant::now(), bound: FIRST }
    }

    /// Whether patience has run out.
    pub fn is_over(&self) -> bool {
        self.started.elapsed() >= PATIENCE
    }

    /// Waits; `false` when patience has run out.
    pub async fn pause(&mut self) -> bool {
        if self.is_over() {
            return false;
        }
        let mut bytes = [0; 2];
        self.clock.fill_random(&mut bytes);
        tokio::time::sleep(self.bound.mul_f64(f64::from(u16::from_be_bytes(bytes)) / 65536.0)).await;
        self.bound = (self.bound * 2).min(LONGEST);
        true
    }
}
