//! Leads, which are customers here: as far as conversations need them.

pub mod create;
mod details;
mod dto;
pub mod get;
pub mod list;
pub mod update;
