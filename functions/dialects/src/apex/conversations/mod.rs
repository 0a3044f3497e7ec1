//! `/conversations`.

mod dto;
mod filter;
mod find;
mod get;
mod metadata;
mod patch;
mod remove;

use dto::{SERVICE, row};
pub use filter::with_status;
pub use find::find;
pub use get::get;
pub use patch::{ApexStatus, patch};
pub use remove::remove;
