//! Use cases: one function for each thing that a caller can do.
//!
//! A use case takes a tenant-scoped store, a command of domain types and, where the caller may repeat it, an idempotency
//! key. It resolves what the command refers to, lets the domain decide, commits through the store, and returns an outcome of
//! domain types or an [`AppError`] that names a field of the command. It knows no HTTP, no JSON and no DynamoDB
//! expression, so every wire format and every worker calls the same functions.

pub mod automations;
pub mod bulk;
pub mod conversations;
pub mod counters;
pub mod customers;
mod error;
pub mod files;
pub mod keys;
pub mod messages;
pub mod predefined_messages;
mod references;
mod replay;
pub mod resources;

pub use deskless_store::{
    Change, ChangeFeed, Changed, CustomerStore, DueStep, IdempotencyKey, Once, Store, StoreError, TenantStore,
};
pub use error::{AppError, Conflict};
