//! The dialect `bancroft`: tickets whose requesters are found by email.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "bancroft", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
