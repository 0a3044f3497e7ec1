//! Messages: AP-12 to AP-14 and AP-30 to AP-32.

mod claim;
mod count;
mod create;
mod delete;
mod get;
mod item;
mod thread;
mod thread_at;
mod update;

pub use count::ReplyCount;
pub use create::AddedMessage;
pub(crate) use item::read;
pub use thread::{MessagePage, Thread};
pub use thread_at::ThreadAt;
pub(crate) use thread_at::ThreadRows;
