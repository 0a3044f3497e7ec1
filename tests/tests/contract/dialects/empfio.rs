use deskless_domain::Scope;
use http::Method;
use serde_json::json;

use crate::authorization::fixture::{Call, Fixture};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let conversation = fixture.resource("{conversationId}", "").await;
    let lead = fixture.resource("{customerId}", "").await;
    let body = match *method {
        Method::GET => None,
        Method::POST => Some(json!({ "name": "Jane", "email": format!("u{}@example.com", fixture.number()) })),
        Method::PATCH if path.contains("{lead_id}") => Some(json!({ "status": "qualified" })),
        Method::PATCH => Some(json!({ "status": "completed" })),
        _ => panic!("{method} {path}: add a call here"),
    };
    let path = path.replace("{conversation_id}", &conversation).replace("{lead_id}", &lead);
    Call { method: method.clone(), path, body }
}
