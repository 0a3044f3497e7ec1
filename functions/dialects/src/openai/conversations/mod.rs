//! Conversations: create, retrieve, update, delete.

mod create;
mod delete;
mod retrieve;
mod update;

pub use create::create;
pub use delete::delete;
pub use retrieve::{read, retrieve};
pub use update::update;
