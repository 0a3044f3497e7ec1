//! Bulk actions: AP-70 to AP-76. A small one is carried out by the request that asks for it, any other by the worker on the
//! table's stream, step by step: each step's progress stands on the action's own item, which calls the next one.

mod cancel;
mod create;
mod dry_run;
mod get;
mod item;
mod list;
mod plan;
mod step;

pub use list::BulkActionPage;
pub use step::BulkStep;
