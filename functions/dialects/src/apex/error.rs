//! Feathers errors: `name`, `message`, `code`, `className` and `errors`.

use deskless_api::{Code, FieldError, InvalidRequest, Problem, dialect::ErrorBody};
use deskless_domain::Invalid;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::common::detail;

/// Our names of fields, and the service's.
const NAMES: &[(&str, &str)] = &[
    ("assigneeId", "assigned_user_id"),
    ("assistantId", "assigned_ai_assistant_id"),
    ("pipelineId", "pipeline_id"),
    ("stageId", "pipeline_stage_id"),
    ("conversationId", "conversation_id"),
    ("conversationIds", "conversation_ids"),
    ("viewId", "view_id"),
    ("fileId", "media_url"),
    ("attachments[0].fileId", "conversation_file_id"),
    ("body", "message_text"),
    ("offset", "$skip"),
];

/// Returns the status code, the name and the class name of a Feathers error. Codes that Feathers does not have become the nearest one.
fn class(code: Code) -> (StatusCode, &'static str, &'static str) {
    match code.status() {
        StatusCode::UNAUTHORIZED => (StatusCode::UNAUTHORIZED, "NotAuthenticated", "not-authenticated"),
        StatusCode::FORBIDDEN => (StatusCode::FORBIDDEN, "Forbidden", "forbidden"),
        StatusCode::NOT_FOUND => (StatusCode::NOT_FOUND, "NotFound", "not-found"),
        StatusCode::METHOD_NOT_ALLOWED => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "method-not-allowed"),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => (StatusCode::CONFLICT, "Conflict", "conflict"),
        StatusCode::GONE => (StatusCode::GONE, "Gone", "gone"),
        StatusCode::UNPROCESSABLE_ENTITY => (StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable", "unprocessable"),
        StatusCode::TOO_MANY_REQUESTS => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "too-many-requests"),
        StatusCode::SERVICE_UNAVAILABLE => (StatusCode::SERVICE_UNAVAILABLE, "Unavailable", "unavailable"),
        status if status.is_client_error() => (StatusCode::BAD_REQUEST, "BadRequest", "bad-request"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "GeneralError", "general-error"),
    }
}

/// Returns the service's error for a problem.
pub fn format(problem: &Problem, _request_id: &str) -> ErrorBody {
    let (status, name, class_name) = class(problem.code());
    let rename =
        |field: &str| NAMES.iter().find(|(ours, _)| *ours == field).map_or(field, |(_, theirs)| theirs).to_owned();
    let errors: Map<String, Value> = problem
        .errors()
        .iter()
        .map(|FieldError { field, message, .. }| (rename(field), json!(renamed(message))))
        .collect();
    let body = json!({
        "name": name,
        "message": detail(problem, NAMES),
        "code": status.as_u16(),
        "className": class_name,
        "errors": errors,
    });
    ErrorBody { status, body }
}

/// Returns a text with the service's names of fields.
fn renamed(text: &str) -> String {
    NAMES
        .iter()
        .fold(text.to_owned(), |text, (ours, theirs)| text.replace(&format!("`{ours}`"), &format!("`{theirs}`")))
}

/// Returns a `BadRequest` about a field or a parameter. `message` is the predicate of the sentence.
pub fn bad_request(field: &str, message: impl Into<String>) -> Problem {
    InvalidRequest::one(field, &Invalid::new("invalid", message.into())).into()
}

/// Returns a `BadRequest` about a field or a parameter.
pub fn invalid(field: &str, invalid: &Invalid) -> Problem {
    InvalidRequest::one(field, invalid).into()
}
