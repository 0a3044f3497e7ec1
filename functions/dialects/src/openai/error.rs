//! The error bodies of the service.

use deskless_api::{Code, Problem, dialect::ErrorBody};
use serde_json::json;

/// Returns the service's error for a problem. Its text is that of the first invalid parameter.
pub fn format(problem: &Problem, _request_id: &str) -> ErrorBody {
    let first = problem.errors().first();
    let message = first.map_or_else(|| problem.detail(), |error| &error.message);
    let param = first.map(|error| error.field.as_str()).filter(|field| !field.is_empty());
    let (kind, code) = kind_and_code(problem.code());
    let code = first.map_or(code, |error| Some(code_of_field(error.code)));
    ErrorBody::new(problem, json!({ "error": { "message": message, "type": kind, "param": param, "code": code } }))
}

/// Returns the service's type and code of an error.
fn kind_and_code(code: Code) -> (&'static str, Option<&'static str>) {
    match code {
        Code::Unauthorized | Code::KeyExpired => ("invalid_request_error", Some("invalid_api_key")),
        Code::Forbidden => ("invalid_request_error", Some("insufficient_permissions")),
        Code::NotFound => ("invalid_request_error", None),
        Code::MethodNotAllowed => ("invalid_request_error", Some("method_not_supported")),
        Code::UnsupportedMediaType => ("invalid_request_error", Some("unsupported_content_type")),
        Code::RateLimited => ("requests", Some("rate_limit_exceeded")),
        Code::InternalError => ("server_error", None),
        Code::Unavailable => ("server_error", Some("service_unavailable")),
        other => ("invalid_request_error", Some(other.as_str())),
    }
}

/// Returns the service's code for one of ours. Those of this dialect are the service's own.
fn code_of_field(code: &'static str) -> &'static str {
    match code {
        "required" => "missing_required_parameter",
        "wrong_type" => "invalid_type",
        "unknown" => "unknown_parameter",
        "invalid" | "unknown_value" | "repeated" => "invalid_value",
        other => other,
    }
}
