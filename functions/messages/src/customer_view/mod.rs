//! The customer view: the same routes for client keys, limited to the customer's own conversations and to public fields.

pub mod create;
pub mod dto;
pub mod list;
