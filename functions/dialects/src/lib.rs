//! Dialects: other services' wire formats over the same use cases. A client that was written for one of these services works with
//! another base URL and key.
//!
//! Each dialect has a folder: its operations, wire types and error format. No dialect knows another one.

pub mod apex;
pub mod bancroft;
pub mod chatwoot;
mod common;
pub mod empfio;
pub mod gtateth;
pub mod intercom;
mod numbers;
pub mod openai;
mod state;

use deskless_api::{Routes, dialect::Dialect};

/// All dialects.
pub const DIALECTS: [Dialect; 7] = [
    apex::DIALECT,
    bancroft::DIALECT,
    chatwoot::DIALECT,
    empfio::DIALECT,
    gtateth::DIALECT,
    intercom::DIALECT,
    openai::DIALECT,
];

/// Returns the routes of all dialects.
pub fn router() -> Routes {
    DIALECTS.into_iter().fold(Routes::new(), |all, dialect| all.merge(dialect.routes()))
}
