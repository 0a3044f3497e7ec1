use deskless_domain::Scope;
use http::Method;
use serde_json::json;

use crate::authorization::fixture::{Call, Fixture};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let conversation = fixture.resource("{conversationId}", "").await;
    let digits = |id: &str| id.replace('-', "");
    let mut filled = path.replace("{conversation_id}", &format!("conv_{}", digits(&conversation)));
    if path.contains("{item_id}") {
        let thread = format!("/api/v1/conversations/{conversation}/messages");
        let message = fixture.resource("{messageId}", &thread).await;
        filled = filled.replace("{item_id}", &format!("msg_{}", digits(&message)));
    }
    let items = json!([{ "type": "message", "role": "user", "content": "Hello" }]);
    let body = match (method, path) {
        (&Method::POST, "/v1/conversations") => Some(json!({ "items": items, "metadata": { "k": "v" } })),
        (&Method::POST, "/v1/conversations/{conversation_id}") => Some(json!({ "metadata": { "k": "v" } })),
        (&Method::POST, _) => Some(json!({ "items": items })),
        _ => None,
    };
    Call { method: method.clone(), path: filled, body }
}
