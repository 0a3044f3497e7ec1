//! The dialect `gtateth`: an inbox whose responses are wrapped in `success` and `data`.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "gtateth", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
