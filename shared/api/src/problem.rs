//! Problem documents (RFC 9457), and the mapping from errors to status codes.

use axum::response::{IntoResponse, Response};
use deskless_app::{AppError, Conflict};
use deskless_domain::{ApiKey, Existing, UploadQuota};
use deskless_store::{StoreError, without_values};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    fields::{FieldError, InvalidRequest},
    openapi::BASE,
};

// A macro so that a code, its status and its title stand in one row. Four `match` expressions would spread them.
macro_rules! codes {
    ($( $(#[doc = $doc:literal])* $variant:ident = $code:literal, $status:ident, $title:literal; )+) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $( $(#[doc = $doc])* #[serde(rename = $code)] $variant, )+
        }

        impl utoipa::PartialSchema for Code {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some("A stable error code."))
                    .enum_values(Some([$($code),+]))
                    .into()
            }
        }

        impl ToSchema for Code {}

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the code on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Returns the HTTP status code.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The JSON is malformed, or a field or parameter is invalid, unknown or missing.
    InvalidRequest = "invalid_request", BAD_REQUEST, "Invalid request";
    /// The cursor is damaged or belongs to another list.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "Invalid cursor";
    /// The API key or the customer token is missing or invalid.
    Unauthorized = "unauthorized", UNAUTHORIZED, "Unauthorized";
    /// The API key has expired.
    KeyExpired = "key_expired", UNAUTHORIZED, "API key expired";
    /// The kind, scopes or origins of the API key do not allow the request.
    Forbidden = "forbidden", FORBIDDEN, "Forbidden";
    /// The resource or the route does not exist.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The route does not support the method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// Another conversation has this `externalId`.
    ExternalIdExists = "external_id_exists", CONFLICT, "External id exists";
    /// Another conversation of the inbox that is not solved has this `sessionKey`.
    SessionKeyExists = "session_key_exists", CONFLICT, "Session key exists";
    /// Another member has this email address.
    EmailExists = "email_exists", CONFLICT, "Email exists";
    /// The message with this `externalId` was deleted.
    MessageDeleted = "message_deleted", CONFLICT, "Message deleted";
    /// The request conflicts with the state of the resource.
    Conflict = "conflict", CONFLICT, "Conflict";
    /// The request is a repeat, and its response was deleted.
    ResponseDeleted = "response_deleted", GONE, "Response deleted";
    /// Events after the cursor have expired.
    CursorExpired = "cursor_expired", GONE, "Cursor expired";
    /// `If-Match` does not match the current version.
    VersionMismatch = "version_mismatch", PRECONDITION_FAILED, "Version mismatch";
    /// The body is larger than 1 MiB.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "Payload too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The idempotency key was used with another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "Idempotency key reused";
    /// A resolution was given for a conversation that is not solved.
    NotSolved = "not_solved", UNPROCESSABLE_ENTITY, "Not solved";
    /// The reply window of the channel is closed.
    WindowClosed = "window_closed", UNPROCESSABLE_ENTITY, "Window closed";
    /// The rate limit was exceeded.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Rate limited";
    /// An error in Deskless.
    InternalError = "internal_error", INTERNAL_SERVER_ERROR, "Internal error";
    /// DynamoDB or S3 did not respond in time.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Unavailable";
}

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
            existing_id: existing.map(|existing| last_of(&location(existing)).to_owned()),
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound => Self::not_found(),
            AppError::Invalid(fields) => {
                let errors = fields.into_iter().flat_map(|field| InvalidRequest::from(field).0);
                Self::invalid(errors.collect())
            }
            AppError::Conflict(conflict) => conflict.into(),
            AppError::Denied(denial) => denial.into(),
            AppError::VersionMismatch => Self::new(
                Code::VersionMismatch,
                "The resource has changed since you read it: `If-Match` does not match its version. Fetch it again and retry.",
            ),
            AppError::NotSolved => Self::new(
                Code::NotSolved,
                "Only a solved conversation has a `resolution`. Set `status` to `solved` in the same request.",
            ),
            AppError::WindowClosed => Self::new(
                Code::WindowClosed,
                "The customer last wrote more than 24 hours ago, or never. Until they write again, only a template can be sent.",
            ),
            AppError::UploadQuotaReached(UploadQuota { files, bytes }, seconds) => {
                let detail = format!(
                    "Upload limit exceeded: a customer can sign {files} files and {bytes} bytes an hour. Try again in {seconds} s."
                );
                Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited, detail) }
            }
            AppError::EventsExpired(oldest) => {
                let detail = format!(
                    "Events after this position have expired: they are kept for 30 days. Continue with `after={oldest}`, the oldest \
                     position, and synchronize what you have missed."
                );
                Self::new(Code::CursorExpired, detail)
            }
            AppError::IdempotencyKeyReused => Self::new(
                Code::IdempotencyKeyReused,
                "This `Idempotency-Key` was used with another body or query. Use a new key for each new request.",
            ),
            AppError::OutcomeErased => Self::new(
                Code::ResponseDeleted,
                "This request was carried out before with the same `Idempotency-Key`. Its response was deleted together with the \
                 conversation or the customer. Nothing was created again. To create something new, use a new key.",
            ),
            AppError::Unavailable(log) => Self { log: Some(log), ..Self::new(Code::Unavailable, UNAVAILABLE) },
            AppError::Internal(log) => Self::internal(log),
        }
    }
}

const UNAVAILABLE: &str = "The request timed out and may have been carried out. Retry it. Send an `Idempotency-Key` with POST requests \
                     so that a retry has no second effect.";

impl From<Conflict> for Problem {
    fn from(conflict: Conflict) -> Self {
        let too_many;
        let (code, detail) = match conflict {
            Conflict::ExternalIdExists(_) => (Code::ExternalIdExists, "Another conversation has this `externalId`."),
            Conflict::SessionKeyExists(_) => (
                Code::SessionKeyExists,
                "Another conversation of the inbox has this `sessionKey` and is not solved. Use that one, or solve it first.",
            ),
            Conflict::EmailExists(_) => {
                (Code::EmailExists, "Another member has this `email`. Update that member instead.")
            }
            Conflict::MessageDeleted => {
                (Code::MessageDeleted, "The message with this `externalId` was deleted. It cannot be added again.")
            }
            Conflict::MessageIdTaken(_) => {
                (Code::Conflict, "Another message in this conversation has or had this `externalId`.")
            }
            Conflict::Archived => (Code::Conflict, "The resource is archived and cannot be updated."),
            Conflict::Finished => (Code::Conflict, "The bulk action has already finished and cannot be cancelled."),
            Conflict::Erasing => (
                Code::Conflict,
                "The customer is being erased. You can use the id again one minute after their last conversation is deleted.",
            ),
            Conflict::Revoked => (Code::Conflict, "The API key is revoked and cannot be updated."),
            Conflict::NotUploaded => {
                (Code::Conflict, "The file has not been uploaded. Upload it with the signed form, then register it.")
            }
            Conflict::UploadDiffers => (
                Code::Conflict,
                "The uploaded file differs from the signed one in size or content type. Sign and upload it again.",
            ),
            Conflict::TooMany(kind) => {
                let (max, plural) = (kind.max_resources(), kind.plural());
                too_many = format!("A workspace can have at most {max} {plural}. Delete one first.");
                (Code::Conflict, too_many.as_str())
            }
            Conflict::TooManyKeys => {
                too_many = format!("A workspace can have at most {} API keys. Revoke one first.", ApiKey::MAX_KEYS);
                (Code::Conflict, too_many.as_str())
            }
        };
        let existing = match conflict {
            Conflict::ExternalIdExists(existing)
            | Conflict::SessionKeyExists(existing)
            | Conflict::EmailExists(existing)
            | Conflict::MessageIdTaken(existing) => existing,
            _ => None,
        };
        Self { existing: existing.map(Box::new), ..Self::new(code, detail) }
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

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
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
