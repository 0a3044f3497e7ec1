//! The function that handles what is due at a time: ends of snoozes, and deliveries to try again.
//!
//! A schedule invokes it once a minute, and a sweep reads what is due in the table's fifth index. Nothing is lost: an item stays due
//! until it was handled, so a sweep that fails, is interrupted or runs out of time leaves the rest to the next one. Nothing is done
//! twice: each item is handled by a conditional write, or by starting a delivery, which takes a lease.

mod due;
mod report;
mod sweep;

use deskless_app::{DueFeed, Store};
use serde_json::Value;

pub use report::Report;
pub use sweep::{Limits, sweep};

/// Sweeps once. The event is the schedule's, and says nothing.
pub async fn handle(store: Store, _event: Value) -> Report {
    sweep(&DueFeed::new(store), Limits::default()).await
}
