//! The request bodies.

use serde_json::{Value, json};

/// The path of conversations.
pub const CONVERSATIONS: &str = "/api/v1/conversations";

/// Returns a conversation with required fields only.
pub fn minimal() -> Value {
    json!({ "subject": "Need help with auth", "customer": { "id": "cus_123" } })
}

/// Returns the core contract's example, with an external ID and a customer that are unique to this turn.
pub fn full(turn: usize) -> Value {
    json!({
        "externalId": format!("ticket_{turn}"),
        "subject": "Need help with auth",
        "customer": {
            "id": format!("cus_{turn}"),
            "name": "Ada Lovelace",
            "email": format!("ada{turn}@example.com"),
            "company": "Example API Co",
        },
    })
}

/// Returns a typical customer message.
pub fn message(turn: usize) -> Value {
    json!({
        "body": format!(
            "This is message {turn}. I still cannot sign in: after the code is accepted I am sent back to the first page, \
             in two browsers and on the phone. Could somebody look at the account, please?"
        ),
        "sender": { "name": "Ada Lovelace" },
    })
}
