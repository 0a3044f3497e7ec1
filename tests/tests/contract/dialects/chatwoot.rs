use deskless_domain::Scope;
use http::Method;
use serde_json::{Value, json};

use crate::authorization::fixture::{Call, Fixture, MARK};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[
    ("GET /api/v1/accounts/{account_id}/contacts/{contact_id}/contactable_inboxes", &[Scope::ReadWorkspace]),
    (
        "POST /api/v1/accounts/{account_id}/contacts/{contact_id}/contact_inboxes",
        &[Scope::ReadCustomers, Scope::ReadWorkspace],
    ),
];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let (mut inbox, mut contact) = (String::new(), String::new());
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        let part = match part {
            "{account_id}" => fixture.workspace().await,
            "{inbox_id}" | "{inbox_identifier}" => {
                inbox = fixture.resource("{inboxId}", "").await;
                inbox.clone()
            }
            "{contact_id}" | "{contact_identifier}" => {
                contact = fixture.resource("{customerId}", "").await;
                contact.clone()
            }
            "{conversation_id}" if !contact.is_empty() => {
                let body =
                    json!({ "subject": MARK, "customer": { "id": contact }, "inboxId": inbox, "channel": "sms" });
                fixture.made("conversations", "conversation", &body).await
            }
            "{conversation_id}" => fixture.resource("{conversationId}", "").await,
            "{message_id}" => {
                let conversation = filled.rsplit('/').nth(1).expect("a conversation").to_owned();
                fixture.resource("{messageId}", &format!("/api/v1/conversations/{conversation}/messages")).await
            }
            other => other.to_owned(),
        };
        filled = format!("{filled}/{part}");
    }
    let body = body(fixture, method, path).await;
    if path.ends_with("/search") {
        filled = format!("{filled}?q=ada%40example.com");
    }
    Call { method: method.clone(), path: filled, body }
}

async fn body(fixture: &Fixture<'_>, method: &Method, path: &str) -> Option<Value> {
    if *method == Method::GET || *method == Method::DELETE {
        return None;
    }
    Some(match path.rsplit('/').next().expect("a path") {
        "contacts" => json!({ "name": MARK, "email": format!("c{}@example.com", fixture.number()) }),
        "{contact_id}" | "{contact_identifier}" => json!({ "name": MARK }),
        "contact_inboxes" => json!({ "inbox_id": fixture.resource("{inboxId}", "").await }),
        "conversations" => json!({ "source_id": format!("cus_{}", fixture.number()) }),
        "{conversation_id}" | "toggle_priority" => json!({ "priority": "high" }),
        "filter" if path.contains("/contacts/") => filter("email", "ada@example.com"),
        "filter" => filter("status", "open"),
        "toggle_status" => json!({ "status": "resolved" }),
        "assignments" => json!({ "assignee_id": fixture.resource("{memberId}", "").await }),
        "labels" => json!({ "labels": ["vip"] }),
        "custom_attributes" => json!({ "custom_attributes": { "plan": "pro" } }),
        "messages" => json!({ "content": MARK }),
        other => panic!("{other}: add a valid body here"),
    })
}

fn filter(attribute: &str, value: &str) -> Value {
    json!({ "payload": [{ "attribute_key": attribute, "filter_operator": "equal_to", "values": [value] }] })
}
