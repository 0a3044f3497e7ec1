//! Executions of automations: AP-85 to AP-93, and their webhook calls that are retried: AP-200 to AP-204. The automations themselves are a small collection.

mod calls;
mod create;
mod get;
mod item;
mod list;
mod triggers;

pub use calls::{CallKey, RetriedCall};
pub(crate) use item::read;
pub use list::ExecutionPage;
pub(crate) use triggers::CACHED;
pub use triggers::{TriggeredAutomation, TriggeredAutomations};
