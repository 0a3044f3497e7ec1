//! The error bodies of the service.

use deskless_api::{Code, Problem, dialect::ErrorBody};
use http::StatusCode;
use serde_json::json;

use crate::common::detail;

/// Our names of fields, and the service's.
const NAMES: &[(&str, &str)] = &[
    ("body", "content"),
    ("message.body", "message.content"),
    ("inboxId", "inbox_id"),
    ("assigneeId", "assignee_id"),
    ("offset", "page"),
];

/// Returns the service's error for a problem: `{error}`, and `{message, attributes}` with 422 for invalid fields.
pub fn format(problem: &Problem, _request_id: &str) -> ErrorBody {
    let text = detail(problem, NAMES);
    let errors = problem.errors();
    match problem.code() {
        Code::NotFound => ErrorBody::new(problem, json!({ "error": "Resource could not be found" })),
        Code::InvalidRequest if !errors.is_empty() => {
            // The service has no rule for pages that are too far, and invalid parameters of a list are 400 as in our own API.
            let is_query = errors
                .iter()
                .all(|error| QUERY.contains(&error.field.as_str()) || ["unknown", "repeated"].contains(&error.code));
            if is_query {
                return ErrorBody::new(problem, json!({ "error": text }));
            }
            let name = |field: &str| {
                NAMES
                    .iter()
                    .find(|(ours, _)| *ours == field)
                    .map_or_else(|| field.to_owned(), |(_, name)| (*name).to_owned())
            };
            let attributes: Vec<_> = errors.iter().map(|error| name(&error.field)).collect();
            let body = json!({ "message": text, "attributes": attributes });
            ErrorBody { status: StatusCode::UNPROCESSABLE_ENTITY, body }
        }
        _ => ErrorBody::new(problem, json!({ "error": text })),
    }
}

/// The parameters of lists that are checked when they are parsed.
const QUERY: &[&str] = &["page", "before", "after"];
