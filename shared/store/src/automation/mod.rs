//! Executions of automations: AP-85 to AP-93. The automations themselves are a small collection.

mod create;
mod get;
mod item;
mod list;
mod triggers;

pub(crate) use item::read;
pub use list::ExecutionPage;
pub(crate) use triggers::CACHED;
pub use triggers::{TriggeredAutomation, TriggeredAutomations};
