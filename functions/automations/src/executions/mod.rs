//! Executions of an automation.

mod create;
mod dto;
mod get;
mod list;

pub use create::*;
pub use get::*;
pub use list::*;
