//! The dialect `intercom`: contacts, conversations and their parts.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "intercom", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
