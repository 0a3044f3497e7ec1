//! Webhook endpoints: URLs that get the events of the workspace.

mod create;
mod delete;
mod dto;
mod fields;
mod get;
mod list;
mod rotate_secret;
mod update;

pub use create::*;
pub use delete::*;
pub use get::*;
pub use list::*;
pub use rotate_secret::*;
pub use update::*;
