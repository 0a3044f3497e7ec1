use deskless_domain::Scope;
use http::Method;
use serde_json::json;

use crate::authorization::fixture::{Call, Fixture, MARK};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let id = fixture.resource("{conversationId}", "").await;
    let body = match path.trim_end_matches('/').rsplit_once('/') {
        _ if *method == Method::GET => None,
        Some((before, "create")) if before.ends_with("/messages") => {
            Some(json!({ "body": MARK, "user_email": "visitor@example.com" }))
        }
        Some((_, "create")) => {
            Some(json!({ "subject": "Help", "user_email": format!("u{}@example.com", fixture.number()) }))
        }
        Some((_, "resolve")) => Some(json!({})),
        _ => panic!("{method} {path}: add a call here"),
    };
    Call { method: method.clone(), path: path.replace("{id}", &id), body }
}
