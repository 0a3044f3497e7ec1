//! The dialect `openai`: the Conversations API of OpenAI.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "openai", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
