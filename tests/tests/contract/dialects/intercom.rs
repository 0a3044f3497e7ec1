use deskless_domain::Scope;
use http::Method;
use serde_json::{Value, json};

use crate::authorization::fixture::{Call, Fixture, MARK};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let mut filled = path.to_owned();
    for (parameter, ours) in [
        ("{conversation_id}", "{conversationId}"),
        ("{contact_id}", "{customerId}"),
        ("{external_id}", "{customerId}"),
        ("{admin_id}", "{memberId}"),
    ] {
        if path.contains(parameter) {
            let id = fixture.resource(ours, "").await;
            filled = filled.replace(parameter, &id);
        }
    }
    if path.contains("{tag_id}") {
        filled = filled.replace("{tag_id}", &tag(fixture).await);
    }
    Call { method: method.clone(), path: filled, body: body(fixture, method, path).await }
}

/// Returns the id of a tag of our workspace.
async fn tag(fixture: &Fixture<'_>) -> String {
    let ask = fixture.world().server_key().ask(Method::POST, "/dialects/intercom/tags").json(&json!({ "name": MARK }));
    ask.send_now().await.json()["id"].as_str().expect("an id").to_owned()
}

async fn body(fixture: &Fixture<'_>, method: &Method, path: &str) -> Option<Value> {
    let admin = || fixture.resource("{memberId}", "");
    Some(match (method.as_str(), path) {
        ("POST", "/contacts") => json!({ "external_id": format!("c{}", fixture.number()), "name": "New" }),
        ("PUT", "/contacts/{contact_id}") => json!({ "name": MARK }),
        ("POST", "/contacts/{contact_id}/tags") => json!({ "id": tag(fixture).await }),
        ("POST", "/contacts/search") => {
            json!({ "query": { "field": "email", "operator": "=", "value": "ada@example.com" } })
        }
        ("POST", "/conversations") => {
            json!({ "from": { "type": "user", "id": fixture.resource("{customerId}", "").await }, "body": MARK })
        }
        ("PUT", "/conversations/{conversation_id}") => json!({ "title": MARK, "read": true }),
        ("POST", "/conversations/search") => {
            json!({ "query": { "field": "state", "operator": "=", "value": "open" } })
        }
        ("POST", "/conversations/redact") => {
            let conversation = fixture.resource("{conversationId}", "").await;
            let messages = format!("/api/v1/conversations/{conversation}/messages");
            let message = fixture.resource("{messageId}", &messages).await;
            json!({ "type": "source", "conversation_id": conversation, "source_id": message })
        }
        ("POST", "/conversations/{conversation_id}/reply") => {
            json!({ "message_type": "comment", "type": "admin", "admin_id": admin().await, "body": MARK })
        }
        ("POST", "/conversations/{conversation_id}/parts") => {
            json!({ "message_type": "close", "type": "admin", "admin_id": admin().await, "body": MARK })
        }
        ("POST", "/conversations/{conversation_id}/tags") => {
            json!({ "id": tag(fixture).await, "admin_id": admin().await })
        }
        ("POST", "/tags") => json!({ "name": "new" }),
        ("POST", _) => json!({}),
        _ => return None,
    })
}
