//! The dialect `apex`: services in the style of Feathers, with snake_case fields.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "apex", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
