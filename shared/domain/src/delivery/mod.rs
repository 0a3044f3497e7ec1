//! Deliveries of events to a webhook endpoint: what is sent when, and what follows from each attempt.
//!
//! Events of one subject, such as a conversation, are sent in order. An event that fails holds back the later ones of its subject,
//! and nothing else. When the first attempts for several subjects fail in a row, the endpoint has an outage: nothing is sent but one
//! attempt for each step of the retry schedule, and one with a new event of another subject every five minutes, until one succeeds.

mod attempt;
mod hold;
mod state;
mod subject;

pub use attempt::{Attempt, UndeliveredEvent};
pub use hold::{AfterFailure, Hold};
pub use state::{DeliveryState, Outage};
pub use subject::DeliverySubject;

#[cfg(test)]
mod tests;
