//! The test harness: an isolated world per test, callers with different roles, and a proxy that meters requests and
//! injects faults.
//!
//! A test creates a [`World`]: a fresh table in its own engine (or in the engine at `DESKLESS_ENGINE`), a clock that it
//! controls, and deterministic IDs. It sends requests as a [`Role`], such as [`World::server_key`] or [`World::anon`].
//! Every response is validated against `openapi.json`.

mod bucket;
mod caching;
mod clock;
mod data_keys;
mod delivery;
mod faults;
mod invariants;
mod lanes;
mod names;
mod packed;
mod proxy;
mod purge;
mod response;
mod role;
mod secrets;
mod size;
mod specification;
mod started;
mod table;
mod traces;
mod upload;
mod webhook_servers;
mod world;

pub use clock::TestClock;
pub use data_keys::TestDataKeys;
pub use delivery::{Delivery, DeliveryStats, interrupt_after, record};
pub use deskless_infra::worker::Worker;
pub use faults::Faults;
pub use invariants::{miscounted, unsettled, violations};
pub use lanes::Lanes;
pub use packed::{packed, packed_digest, unpacked};
pub use proxy::{Meter, Proxy};
pub use purge::{PurgeDelays, measure_purge_delays};
pub use response::TestResponse;
pub use role::{PreparedRequest, Role};
pub use secrets::KnownSecrets;
pub use specification::Specification;
pub use started::StartedDeliveries;
pub use table::Row;
pub use traces::CapturedLog;
pub use upload::{Upload, download};
pub use webhook_servers::{Received, Scripted, WebhookServers};
pub use world::{KeyOptions, Machine, World};

/// Returns the body of a conversation with required fields only.
#[must_use]
pub fn minimal_conversation() -> serde_json::Value {
    serde_json::json!({ "subject": "Need help with auth", "customer": { "id": "cus_123" } })
}

/// Returns the core contract's example of a conversation.
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
