//! The audit log.

mod dto;
mod list;

// The macro that lists operations needs the types that `utoipa` generates for each one.
pub use list::*;
