//! Messages: AP-12 to AP-14 and AP-30 to AP-32.

mod claim;
mod count;
mod create;
mod create_many;
mod delete;
mod get;
mod item;
mod thread;
mod thread_at;
mod update;

pub use count::ReplyCount;
pub use create::{AddedMessage, RecordedMessage};
pub(crate) use item::{attributes, read, read_first};
pub(crate) use thread::ThreadPage;
pub use thread::{MessagePage, Thread};
pub use thread_at::ThreadAt;
pub(crate) use thread_at::{ThreadRows, all_fit};
