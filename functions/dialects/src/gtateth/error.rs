//! The error bodies of the service.

use deskless_api::{Code, Problem, dialect::ErrorBody};
use serde_json::json;

use crate::common::detail;

/// Our names of fields, and the service's.
const NAMES: &[(&str, &str)] = &[("assigneeId", "assignedTo"), ("customer.id", "customerId"), ("id", "_id")];

/// Returns the service's error for a problem.
pub fn format(problem: &Problem, _request_id: &str) -> ErrorBody {
    let message = detail(problem, NAMES);
    let code = match problem.code() {
        Code::Unauthorized if problem.detail().starts_with("The request has no API key") => "AUTH_REQUIRED".to_owned(),
        Code::Unauthorized => "API_KEY_INVALID".to_owned(),
        Code::KeyExpired => "API_KEY_EXPIRED".to_owned(),
        other => other.as_str().to_uppercase(),
    };
    ErrorBody::new(problem, json!({ "success": false, "error": { "code": code, "message": message } }))
}
