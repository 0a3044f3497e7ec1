//! `/conversation-predefined-messages`.

mod create;
mod dto;
mod find;
mod get;
mod patch;
mod remove;

pub use create::create;
pub use find::find;
pub use get::get;
pub use patch::patch;
pub use remove::remove;
