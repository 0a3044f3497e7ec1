//! The commands, one file each.

pub mod bulk;
pub mod costs;
pub mod dev;
pub mod events;
pub mod identity;
pub mod jobs;
pub mod key;
pub mod listen;
pub mod openapi;
pub mod purge;
mod resume;
pub mod secrets;
pub mod serve;
pub mod template;
pub mod timers;
pub mod upload;
pub mod workspace;
