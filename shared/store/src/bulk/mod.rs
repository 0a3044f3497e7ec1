//! Bulk actions: AP-71 to AP-75.

mod create;
mod get;
mod item;
mod list;
mod markers;
mod update;

pub(crate) use item::{BulkMarkerItem, read};
pub use list::BulkActionPage;
pub use markers::BulkMarker;
