//! Messages: AP-12 to AP-14.

mod claim;
mod create;
mod get;
mod item;
mod thread;

pub use create::Posted;
pub use thread::{MessagePage, Thread};
