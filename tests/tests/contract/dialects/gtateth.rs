use deskless_domain::Scope;
use http::Method;
use serde_json::json;

use crate::authorization::fixture::{CUSTOMER, Call, Fixture};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    let id = fixture.resource("{conversationId}", "").await;
    let body = match *method {
        Method::GET => None,
        Method::POST => {
            let inbox = fixture.resource("{inboxId}", "").await;
            Some(json!({ "subject": "Help", "inboxId": inbox, "customerId": CUSTOMER }))
        }
        Method::PUT => Some(json!({ "priority": "high" })),
        Method::DELETE => Some(json!({ "reason": "test" })),
        _ => panic!("{method} {path}: add a call here"),
    };
    Call { method: method.clone(), path: path.replace("{id}", &id), body }
}
