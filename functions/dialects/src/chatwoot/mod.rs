//! The dialect `chatwoot`: the application API of Chatwoot, and the public endpoints of its API channel.

mod error;

use deskless_api::dialect::{Dialect, Operations};

/// The dialect.
pub const DIALECT: Dialect =
    Dialect { name: "chatwoot", key_header: Some("api_access_token"), error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
}
