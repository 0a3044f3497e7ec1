//! Webhook endpoints: URLs that get the events of the workspace.

mod attempt_dto;
mod attempts;
mod create;
mod delete;
mod dto;
mod fields;
mod get;
mod list;
mod replay;
mod rotate_secret;
mod test;
mod undelivered;
mod update;

pub use attempts::*;
pub use create::*;
pub use delete::*;
pub use get::*;
pub use list::*;
pub use replay::*;
pub use rotate_secret::*;
pub use test::*;
pub use undelivered::*;
pub use update::*;
