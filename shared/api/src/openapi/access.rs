//! What the OpenAPI document says about authorization. It comes from the types of the operations.

use deskless_domain::Scope;
use utoipa::openapi::{Ref, path::Operation};

use super::shared::NOT_SHOWN;
use crate::operations::AUTHORIZATION;

/// The operations whose response has something that only their request can get: a secret or an upload form. It is sent even to a
/// key that may not read.
const SHOWN_ONCE: [&str; 4] = ["create_api_key", "create_automation", "create_webhook_endpoint", "sign_file"];

/// Adds the response to a key that may write but not read.
pub(super) fn add_access(operation: &mut Operation) {
    let authorization = operation.extensions.as_ref().and_then(|extensions| extensions.get(AUTHORIZATION));
    let Some(scope) =
        authorization.and_then(|access| access["scope"].as_str()).and_then(|scope| Scope::parse(scope).ok())
    else {
        return;
    };
    let read = scope.to_read();
    let is_shown = operation.operation_id.as_deref().is_some_and(|id| SHOWN_ONCE.contains(&id));
    if read == scope || is_shown || operation.responses.responses.contains_key("204") {
        return;
    }
    operation.responses.responses.insert("204".to_owned(), Ref::from_response_name(NOT_SHOWN).into());
}
