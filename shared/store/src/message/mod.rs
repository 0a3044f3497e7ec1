//! Messages: AP-12 to AP-14.

mod create;
mod get;
mod item;
mod thread;

pub use thread::{MessagePage, Thread};
