//! The local stack's timer, in place of the schedule in AWS.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{MissedTickBehavior, interval};

/// The time between two sweeps. In AWS it is a minute.
const EVERY: Duration = Duration::from_secs(1);

/// Runs sweeps, one at a time. Never returns. An error is printed once, as long as it stays the same.
pub async fn run(sweep: impl AsyncFn() -> Result<()>) -> Result<()> {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failed: Option<String> = None;
    loop {
        tick.tick().await;
        let error = sweep().await.err().map(|error| format!("{error:#}"));
        if let Some(error) = error.as_ref().filter(|error| failed.as_ref() != Some(error)) {
            println!("The timers failed: {error}. They are tried again every second.");
        }
        failed = error;
    }
}
