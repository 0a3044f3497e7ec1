use deskless_domain::Scope;
use http::Method;
use serde_json::{Value, json};

use crate::authorization::fixture::{CUSTOMER, Call, Fixture, MARK};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[("POST /automations-executions", &[Scope::WriteConversations])];

/// Creates a conversation on the channel of a service.
async fn conversation(fixture: &Fixture<'_>, service: &str) -> String {
    let channel = match service.rsplit('-').next() {
        Some("webchat") => "live-chat",
        Some(channel @ ("whatsapp" | "instagram" | "messenger" | "sms" | "playground")) => channel,
        _ => "web",
    };
    let body = json!({ "subject": MARK, "channel": channel, "customer": { "id": CUSTOMER, "name": MARK } });
    fixture.made("conversations", "conversation", &body).await
}

async fn message(fixture: &Fixture<'_>, service: &str) -> String {
    let conversation = conversation(fixture, service).await;
    let path = format!("conversations/{conversation}/messages");
    let message = fixture.made(&path, "message", &json!({ "role": "assistant", "body": MARK })).await;
    format!("{conversation}_{message}")
}

/// Registers a file that our own API has signed, and returns the body that registers it again.
async fn file(fixture: &Fixture<'_>) -> Value {
    let id = fixture.uploaded(&conversation(fixture, "").await).await;
    json!({ "conversation_id": id.0, "file_name": MARK, "file_type": "text/plain", "file_size": 1, "s3_key": id.1 })
}

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let service = path.trim_start_matches('/').trim_end_matches("/{id}").to_owned();
    let has_id = path.ends_with("/{id}");
    let is_messages = service.starts_with("conversation-messages-");
    let resource = match (has_id, service.as_str()) {
        (false, _) => None,
        (true, "conversations") => Some(conversation(fixture, "").await),
        (true, "conversation-predefined-messages") => Some(fixture.resource("{predefinedMessageId}", "").await),
        (true, service) => Some(message(fixture, service).await),
    };
    let query = if is_messages && !has_id && *method == Method::GET {
        format!("?conversation_id={}", conversation(fixture, &service).await)
    } else {
        String::new()
    };
    let body = match (method.as_str(), service.as_str()) {
        ("PATCH", "conversations") => Some(json!({ "status": "closed" })),
        ("PATCH", _) => Some(json!({ "title": MARK })),
        ("POST", "conversations-bulk-actions") => {
            let ids = [conversation(fixture, "").await];
            Some(json!({ "action": "update_status", "status": "closed", "conversation_ids": ids }))
        }
        ("POST", "conversation-files") => Some(file(fixture).await),
        ("POST", "s3-url-signing") => Some(json!({ "type": "text/plain", "filename": "a.txt" })),
        ("POST", "conversation-predefined-messages") => Some(json!({ "title": "a", "content": "b" })),
        ("POST", "automations-executions") => {
            let automation = fixture.resource("{automationId}", "").await;
            let conversation = conversation(fixture, "").await;
            Some(json!({ "automation_id": automation, "conversation_id": conversation }))
        }
        ("POST", service) => {
            Some(json!({ "conversation_id": conversation(fixture, service).await, "message_text": MARK }))
        }
        _ => None,
    };
    let id = resource.map(|id| format!("/{id}")).unwrap_or_default();
    Call { method: method.clone(), path: format!("/{service}{id}{query}"), body }
}
