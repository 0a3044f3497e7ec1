//! The same routes for customers, who call with a client key: their own threads, in a shape of its own.

pub mod create;
pub mod dto;
pub mod list;
