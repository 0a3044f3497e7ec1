//! The service's objects.

pub mod contact;
pub mod conversation;
pub mod part;
