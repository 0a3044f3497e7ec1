//! The JSON of problems.

use deskless_domain::Existing;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Code, Problem};
use crate::{fields::FieldError, openapi::BASE};

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// A URN that ends with the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:deskless:problem:invalid_request")]
    kind: String,
    /// The meaning of the code.
    title: String,
    /// The HTTP status code.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    code: Code,
    /// The problem and how to fix it.
    error: String,
    /// Same as `error`.
    detail: String,
    /// The invalid fields and parameters.
    errors: Vec<FieldError>,
    /// The request id. Quote it when you report an error.
    request_id: String,
    /// The id of the object that the request conflicts with, if your key may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String)]
    existing_id: Option<String>,
    /// With `cursor_expired`: the `after` that continues with the oldest event that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String, format = "uuid")]
    oldest_cursor: Option<String>,
}

impl Problem {
    /// Returns the document for the caller.
    pub(crate) fn document(&self, request_id: &str, existing: Option<Existing>) -> ProblemDocument {
        ProblemDocument {
            kind: format!("urn:deskless:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code,
            error: self.detail.clone(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            request_id: request_id.to_owned(),
            oldest_cursor: self.oldest_cursor.as_deref().map(ToString::to_string),
            existing_id: existing.map(|existing| last_of(&location(existing)).to_owned()),
        }
    }
}

/// Returns the path of an object.
pub(crate) fn location(existing: Existing) -> String {
    match existing {
        Existing::Conversation(id) => format!("{BASE}/conversations/{id}"),
        Existing::Message(conversation, id) => format!("{BASE}/conversations/{conversation}/messages/{id}"),
        Existing::Member(id) => format!("{BASE}/members/{id}"),
    }
}

fn last_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
