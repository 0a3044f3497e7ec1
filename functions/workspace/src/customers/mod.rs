//! Customers: whom the workspace talks with.

mod create;
mod dto;
mod get;
mod list;
mod update;

pub use create::*;
pub use get::*;
pub use list::*;
pub use update::*;
