//! Problem documents (RFC 9457), and the mapping from errors to status codes.

mod code;
mod document;
mod errors;

use axum::response::{IntoResponse, Response};
use deskless_domain::{EventId, Existing};
use deskless_store::without_values;
use http::{HeaderName, HeaderValue, header};

pub use code::Code;
pub use document::ProblemDocument;
pub(crate) use document::location;

use crate::fields::FieldError;

/// An error response. The caller and the log get different texts.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    log: Option<String>,
    /// The value of `Retry-After`, in seconds.
    retry_after: Option<u64>,
    /// The object that the request conflicts with. Only callers that may read it learn which one it is.
    existing: Option<Box<Existing>>,
    /// The position in the feed of events to continue with.
    oldest_cursor: Option<Box<EventId>>,
    /// The header that lists the accepted media types, and the list.
    accepts: Option<Box<(HeaderName, &'static str)>>,
}

/// The value of `Retry-After` for `unavailable`, in seconds.
const RETRY_AFTER_SECONDS: u64 = 1;

impl Problem {
    /// Creates a problem with a text for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            log: None,
            retry_after: None,
            existing: None,
            oldest_cursor: None,
            accepts: None,
        }
    }

    /// Creates an `invalid_request` problem from the errors of a request.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "The request is invalid.".to_owned(),
            [only] => only.message.clone(),
            [first, _] => format!("{} There is 1 more error.", first.message),
            [first, rest @ ..] => format!("{} There are {} more errors.", first.message, rest.len()),
        };
        Self { errors, ..Self::new(Code::InvalidRequest, detail) }
    }

    /// Creates a `not_found` problem. The text is always the same, so that it discloses nothing about other workspaces.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "The resource does not exist in this workspace.")
    }

    /// Creates an `internal_error` problem. `log` goes only to the log.
    #[must_use]
    pub fn internal(log: impl Into<String>) -> Self {
        let detail = "An internal error occurred. Quote the `requestId` when you report it.";
        Self { log: Some(log.into()), ..Self::new(Code::InternalError, detail) }
    }

    /// Creates a `rate_limited` problem, for a limit of requests a minute.
    #[must_use]
    pub fn rate_limited(limit: u32, seconds: u64) -> Self {
        let detail = format!("Rate limit exceeded: {limit} requests a minute. Try again in {seconds} s.");
        Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited, detail) }
    }

    /// Creates an `unsupported_media_type` problem. The header `accepts` lists the accepted types.
    pub(crate) fn unsupported_media_type(detail: String, accepts: (HeaderName, &'static str)) -> Self {
        Self { accepts: Some(Box::new(accepts)), ..Self::new(Code::UnsupportedMediaType, detail) }
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Returns the text for the caller: the problem and how to fix it.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns the invalid fields and parameters.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Returns the object that the request conflicts with.
    pub(crate) fn existing(&self) -> Option<Existing> {
        self.existing.as_deref().copied()
    }

    /// Returns the text for the log, without values.
    pub(crate) fn log(&self) -> Option<String> {
        self.log.as_deref().map(without_values)
    }
}

impl IntoResponse for Problem {
    /// Leaves the body to the outermost layer, which knows the request id.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let headers = response.headers_mut();
        match self.code {
            Code::Unauthorized | Code::KeyExpired => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        if let Some((name, types)) = self.accepts.as_deref().cloned() {
            headers.insert(name, HeaderValue::from_static(types));
        }
        let unavailable = (self.code == Code::Unavailable).then_some(RETRY_AFTER_SECONDS);
        if let Some(seconds) = self.retry_after.or(unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn log_has_no_values_of_items() {
        let problem = Problem::internal("an item cannot be read: invalid type: string \"Ada\", expected u64");
        assert_eq!(problem.log().as_deref(), Some("an item cannot be read: invalid type: string \"\", expected u64"));
    }
}
