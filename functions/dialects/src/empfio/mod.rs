//! The dialect `empfio`: leads and the conversations of AI agents with them.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "empfio", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
