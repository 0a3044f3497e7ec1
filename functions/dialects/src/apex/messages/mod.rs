//! The message services, one for each channel. A service knows only the conversations of its channel.

mod create;
mod dto;
mod find;
mod get;
mod id;
mod remove;

pub use create::{CreateMessage, create};
pub use find::find;
pub use get::get;
pub use id::PathId;
pub use remove::remove;
