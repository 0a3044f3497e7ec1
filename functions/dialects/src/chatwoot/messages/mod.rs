//! Messages.

mod create;
mod delete;
mod list;
mod request;

pub use create::create;
pub use delete::delete;
pub use list::{list, newest};
pub use request::NewMessageRequest;
