//! Automations' runs: AP-85 to AP-93. The automations themselves are a small collection.

mod create;
mod get;
mod item;
mod list;
mod run;
mod watch;

pub(crate) use item::SHARDS;
pub use list::ExecutionPage;
pub use run::{ExecutionJob, Taken};
pub(crate) use watch::{Happened, WatchCache};
