//! What is said in the requests.

use serde_json::{Value, json};

/// Where conversations are.
pub const CONVERSATIONS: &str = "/api/v1/conversations";

/// A conversation with nothing but what must be there.
pub fn minimal() -> Value {
    json!({ "subject": "Need help with auth", "customer": { "id": "cus_123" } })
}

/// The core contract's example, with an externalId and a customer that are this turn's own.
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

/// A message as customers write them.
pub fn message(turn: usize) -> Value {
    json!({
        "body": format!(
            "This is message {turn}. I still cannot sign in: after the code is accepted I am sent back to the first page, \
             in two browsers and on the phone. Could somebody look at the account, please?"
        ),
        "sender": { "name": "Ada Lovelace" },
    })
}
