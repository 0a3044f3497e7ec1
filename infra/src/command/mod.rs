//! The commands, one file each.

pub mod bulk;
pub mod costs;
pub mod dev;
pub mod identity;
pub mod jobs;
pub mod key;
pub mod openapi;
pub mod purge;
pub mod secrets;
pub mod serve;
pub mod template;
pub mod timers;
pub mod upload;
pub mod workspace;
