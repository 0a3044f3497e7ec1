//! The same routes for customers, who call with a client key: their own conversations, in a shape for customers.

pub mod create;
pub mod dto;
pub mod get;
pub mod list;
