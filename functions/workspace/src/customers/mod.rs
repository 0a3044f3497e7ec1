//! The customers of the workspace.

mod create;
mod delete;
mod dto;
mod get;
mod list;
mod update;

pub use create::*;
pub use delete::*;
pub use get::*;
pub use list::*;
pub use update::*;
