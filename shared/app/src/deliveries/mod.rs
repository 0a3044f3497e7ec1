//! Deliveries of events to webhook endpoints (AP-190 to AP-197).
//!
//! A *run* sends what is due at one endpoint. It has the endpoint's lease, so there is one at a time, and each endpoint has its own: a
//! slow one delays no other. A run reads the log from the endpoint's cursor, groups the events by subject, and sends up to eight groups
//! side by side, each in order. What fails is held with the later events of its subject, and tried again on the retry schedule. The
//! rules are in [`DeliveryState`](deskless_domain::DeliveryState) and [`Hold`](deskless_domain::Hold).
//!
//! What a run has done is saved in one transaction. What a run that crashed has not saved is sent again, with the same id. So each event
//! is delivered at least once, and the first successful deliveries of a subject are in order.

mod batch;
mod destination;
mod disable;
mod group;
mod list;
mod replay;
mod rewind;
mod run;
mod save;
mod send;
mod start;
mod test_call;

pub use deskless_domain::{Attempt, UndeliveredEvent};
pub use deskless_store::{AttemptPage, AttemptPosition, DeliveryRequest, DeliveryTarget};
pub(crate) use destination::headers_of;
pub use destination::{Destination, destination};
pub use list::list_attempts;
pub use replay::{Replay, replay};
pub use run::run;
pub use send::Sender;
pub(crate) use start::start;
pub use test_call::send_test;
