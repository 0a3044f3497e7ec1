//! The error bodies of the service.

use deskless_api::{Code, FieldError, Problem, dialect::ErrorBody};
use serde_json::{Value, json};

use crate::common::detail;

/// The text for a contact that does not exist.
pub const NO_USER: &str = "User Not Found";
/// The text for an admin who does not exist.
pub const NO_ADMIN: &str = "Admin not found";
/// The text for a tag that does not exist.
pub const NO_TAG: &str = "Tag not found";
/// The text for a message that does not exist.
pub const NO_PART: &str = "Conversation part or message not found";
/// The text for any other resource that does not exist.
const NO_RESOURCE: &str = "Resource Not Found";

/// Our names of fields, and the service's.
const NAMES: &[(&str, &str)] = &[
    ("limit", "per_page"),
    ("cursor", "starting_after"),
    ("assigneeId", "assignee_id"),
    ("snoozedUntil", "snoozed_until"),
    ("message.body", "body"),
    ("subject", "title"),
    ("metadata", "custom_attributes"),
    ("customer.id", "from.id"),
];

/// Returns the service's error for a problem.
pub fn format(problem: &Problem, request_id: &str) -> ErrorBody {
    let errors = match problem.errors() {
        [] => vec![error(code(problem), &text(problem))],
        fields => fields.iter().map(of_field).collect(),
    };
    ErrorBody::new(problem, json!({ "type": "error.list", "request_id": request_id, "errors": errors }))
}

/// Returns the problem for a resource that does not exist, with one of the texts above.
pub fn not_found(text: &str) -> Problem {
    Problem::new(Code::NotFound, text)
}

fn error(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message })
}

fn of_field(error: &FieldError) -> Value {
    let code = match error.code {
        "required" => "parameter_not_found",
        "wrong_type" => "type_mismatch",
        _ => "parameter_invalid",
    };
    let mut message = error.message.clone();
    for (ours, theirs) in NAMES {
        message = message.replace(&format!("`{ours}`"), &format!("`{theirs}`"));
    }
    let field = NAMES.iter().find(|(ours, _)| *ours == error.field).map_or(error.field.as_str(), |(_, theirs)| theirs);
    if field.is_empty() {
        return json!({ "code": code, "message": message });
    }
    json!({ "code": code, "message": message, "field": field })
}

fn text(problem: &Problem) -> String {
    match problem.code() {
        Code::Unauthorized => "Access Token Invalid".to_owned(),
        Code::NotFound if is_general(problem.detail()) => NO_RESOURCE.to_owned(),
        _ => detail(problem, NAMES),
    }
}

/// Returns whether a text is not one of the service's.
fn is_general(text: &str) -> bool {
    ![NO_USER, NO_ADMIN, NO_TAG, NO_PART].contains(&text)
}

fn code(problem: &Problem) -> &'static str {
    match problem.code() {
        Code::Unauthorized => "unauthorized",
        Code::KeyExpired => "token_expired",
        Code::Forbidden => "action_forbidden",
        Code::NotFound => match problem.detail() {
            NO_ADMIN => "admin_not_found",
            NO_TAG => "tag_not_found",
            NO_PART => "conversation_part_or_message_not_found",
            _ => "not_found",
        },
        Code::MethodNotAllowed | Code::PayloadTooLarge | Code::UnsupportedMediaType | Code::VersionMismatch => {
            "client_error"
        }
        Code::InvalidRequest => "bad_request",
        Code::InvalidCursor | Code::CursorExpired => "parameter_invalid",
        Code::ExternalIdExists
        | Code::SessionKeyExists
        | Code::EmailExists
        | Code::MessageDeleted
        | Code::Conflict
        | Code::ResponseDeleted => "conflict",
        Code::IdempotencyKeyReused | Code::NotSolved | Code::WindowClosed => "unprocessable_entity",
        Code::RateLimited => "rate_limit_exceeded",
        Code::InternalError => "server_error",
        Code::Unavailable => "service_unavailable",
    }
}
