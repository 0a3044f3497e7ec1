//! The error bodies of the service.

use deskless_api::{Problem, dialect::ErrorBody};
use serde_json::json;

use crate::common::detail;

/// Our names of fields, and the service's.
const NAMES: &[(&str, &str)] = &[];

/// Returns the service's error for a problem.
pub fn format(problem: &Problem, _request_id: &str) -> ErrorBody {
    let detail = detail(problem, NAMES);
    ErrorBody::new(
        problem,
        json!({ "success": false, "error": { "code": problem.code().as_str().to_uppercase(), "message": detail } }),
    )
}
