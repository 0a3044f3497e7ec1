//! Deliveries of events and calls to webhooks: AP-190 to AP-197.
//!
//! A delivery can take 15 s, so no worker on the table's stream waits for one. It starts the function `deliveries`, which has an
//! execution of its own for each target. What is due later, or was not started, is found by the timers.
//!
//! An endpoint has a *state*: how far the log was read, and the lease of the one run that may send. A run writes everything that
//! follows from its attempts in one transaction with the state, and only while it has the lease. So whatever a run that crashed has
//! not written is sent again, and nothing is lost or overtaken.

mod attempts;
mod hold;
mod lease;
mod request;
mod save;
mod start;
mod state;
mod undelivered;

pub use attempts::{AttemptPage, AttemptPosition};
pub use lease::{BeginRun, CHECK_SECONDS, DeliveryRun, EndRun, LEASE_SECONDS, NextRun};
pub use save::RunChanges;
pub use start::{DeliveryRequest, DeliveryTarget, StartDelivery};
pub(crate) use state::{AGAIN, CURSOR, RESUMED_AT};
pub use undelivered::UndeliveredPage;

/// How long attempts and undelivered events are listed: 30 days, as long as events are kept.
const LISTED_SECONDS: i64 = 30 * 24 * 60 * 60;
