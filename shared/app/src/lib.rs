//! Use cases: one function for each operation of a caller or a worker.
//!
//! A use case takes a tenant-scoped store, a command of domain types and, for operations that can be repeated, an idempotency key.
//! It resolves the references of the command, lets the domain decide, commits through the store, and returns an outcome of domain
//! types or an [`AppError`] that names a field of the command. It has no HTTP, JSON or DynamoDB expressions, so that all wire
//! formats and workers call the same functions.
//!
//! Ids such as AP-12 refer to the access patterns in `shared/store/ACCESS_PATTERNS.md`.

pub mod audit;
pub mod automations;
pub mod bulk;
pub mod conversations;
pub mod counters;
pub mod customers;
pub mod deliveries;
mod error;
pub mod events;
pub mod files;
pub mod keys;
pub mod members;
pub mod messages;
pub mod predefined_messages;
mod references;
pub mod removals;
mod replay;
pub mod requesters;
pub mod resources;
pub mod webhook_endpoints;

pub use deskless_domain::{Offset, OffsetPage, Total};
pub use deskless_store::{
    CallKey, Change, ChangeFeed, Changed, CustomerStore, DeliveryTarget, Directory, Due, DueFeed, DueItem, DueStep,
    IdempotencyKey, Image, LogChange, Once, Stamp, Store, StoreError, TenantStore, TriggeredAutomations,
    without_values,
};
pub use error::{AppError, Conflict};
