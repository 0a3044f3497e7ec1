//! The harness: a world of its own for each test, roles that act over HTTP, a proxy that counts and disturbs.
//!
//! A test makes a [`World`], which is a fresh table in an engine of its own (or, with `DESKLESS_ENGINE` set to a URL, a
//! fresh table in that engine), an exact clock and seeded ids. It acts as somebody ([`World::server_key`],
//! [`World::anon`] and so on) and looks at what they are answered. Every answer is held against `openapi.json`.

mod answer;
mod bucket;
mod clock;
mod drain;
mod faults;
mod internet;
mod invariants;
mod proxy;
mod role;
mod specification;
mod table;
mod upload;
mod world;

pub use answer::Answer;
pub use clock::TestClock;
pub use deskless_infra::worker::Worker;
pub use drain::{Delivery, Drained, ended_after, record};
pub use faults::Faults;
pub use internet::{Internet, Received};
pub use invariants::{unsettled, violations};
pub use proxy::{Meter, Proxy};
pub use role::{Ask, Role};
pub use specification::Specification;
pub use table::Row;
pub use upload::{Upload, download};
pub use world::{KeyOptions, Machine, World};

/// A conversation's body with nothing but what must be there.
#[must_use]
pub fn minimal_conversation() -> serde_json::Value {
    serde_json::json!({ "subject": "Need help with auth", "customer": { "id": "cus_123" } })
}

/// The core contract's example of a conversation.
#[must_use]
pub fn example_conversation() -> serde_json::Value {
    serde_json::json!({
        "externalId": "ticket_123",
        "subject": "Need help with auth",
        "customer": {
            "id": "cus_123", "name": "Ada Lovelace", "email": "ada@example.com", "company": "Example API Co",
        },
    })
}
