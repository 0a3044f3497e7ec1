//! The error bodies of the service.

use deskless_api::{Problem, dialect::ErrorBody};
use serde_json::json;

use crate::common::detail;

/// Our names of fields, and the service's.
const NAMES: &[(&str, &str)] = &[
    ("customerEmail", "user_email"),
    ("message.body", "description"),
    ("customer.email", "user_email"),
    ("customer.name", "user_first_name"),
];

/// Returns the service's error for a problem.
pub fn format(problem: &Problem, _request_id: &str) -> ErrorBody {
    let detail = detail(problem, NAMES);
    ErrorBody::new(problem, json!({ "detail": detail }))
}
