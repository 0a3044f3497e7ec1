//! What a caller reads when something is wrong (RFC 9457), and the one place that gives errors their status.

use axum::response::{IntoResponse, Response};
use deskless_domain::Invalid;
use deskless_store::StoreError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::{FieldError, InvalidRequest};

macro_rules! codes {
    ($( $(#[doc = $doc:literal])* $variant:ident = $word:literal, $status:ident, $title:literal; )+) => {
        /// A stable word for what is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $( $(#[doc = $doc])* #[serde(rename = $word)] $variant, )+
        }

        impl utoipa::PartialSchema for Code {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some("A stable word for what is wrong."))
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }

        impl ToSchema for Code {}

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word itself.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The status code that it comes with.
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
    /// Malformed JSON, or a field or parameter that is wrong, unknown or missing.
    InvalidRequest = "invalid_request", BAD_REQUEST, "Invalid request";
    /// A cursor that is damaged or was made for another list.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "Invalid cursor";
    /// No key, or an unknown or revoked one.
    Unauthorized = "unauthorized", UNAUTHORIZED, "Unauthorized";
    /// A key past its end.
    KeyExpired = "key_expired", UNAUTHORIZED, "API key expired";
    /// The key's kind, scopes or origins do not allow this.
    Forbidden = "forbidden", FORBIDDEN, "Forbidden";
    /// No such thing in this workspace, or no such route.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The route is there, but not for this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// Another conversation has this externalId.
    ExternalIdExists = "external_id_exists", CONFLICT, "External id exists";
    /// The message with this externalId was deleted.
    MessageDeleted = "message_deleted", CONFLICT, "Message deleted";
    /// What is stored does not go with this.
    Conflict = "conflict", CONFLICT, "Conflict";
    /// `If-Match` does not hold.
    VersionMismatch = "version_mismatch", PRECONDITION_FAILED, "Version mismatch";
    /// A body of more than 1 MiB.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "Payload too large";
    /// A body that is not JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "Idempotency key reused";
    /// A resolution of a conversation that is not solved.
    NotSolved = "not_solved", UNPROCESSABLE_ENTITY, "Not solved";
    /// The provider takes no free reply until the customer writes again.
    WindowClosed = "window_closed", UNPROCESSABLE_ENTITY, "Window closed";
    /// The key, or its visitor, asked too often.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Rate limited";
    /// A fault of ours.
    InternalError = "internal_error", INTERNAL_SERVER_ERROR, "Internal error";
    /// The table did not take the request in time.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Unavailable";
}

/// Something is wrong. What the caller reads and what the log holds are different texts.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    log: Option<String>,
    /// After how many seconds a caller should try again.
    retry_after: Option<u64>,
}

/// After how many seconds a caller should try again when we are unavailable.
const RETRY_AFTER_SECONDS: u64 = 1;

impl Problem {
    /// A problem with a text for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), log: None, retry_after: None }
    }

    /// All that is wrong with a request.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "The request is invalid.".to_owned(),
            [only] => only.message.clone(),
            [first, _] => format!("{} There is 1 more error.", first.message),
            [first, rest @ ..] => format!("{} There are {} more errors.", first.message, rest.len()),
        };
        Self { code: Code::InvalidRequest, detail, errors, log: None, retry_after: None }
    }

    /// No such thing in this workspace. Always the same text, whatever was asked for.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is no such resource in this workspace.")
    }

    /// A fault of ours; `log` goes to the log only.
    #[must_use]
    pub fn internal(log: impl Into<String>) -> Self {
        let detail = "Something went wrong on our side. The request id helps to find out what.";
        Self { log: Some(log.into()), ..Self::new(Code::InternalError, detail) }
    }

    /// Too many requests in this minute.
    #[must_use]
    pub fn rate_limited(limit: u32, seconds: u64) -> Self {
        let detail = format!("There may be {limit} requests a minute, and there were. Try again in {seconds} s.");
        Self { retry_after: Some(seconds), ..Self::new(Code::RateLimited, detail) }
    }

    /// The stable word.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// Every field or parameter that is wrong.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What the log shall hold.
    pub(crate) fn log(&self) -> Option<&str> {
        self.log.as_deref()
    }

    /// The document that the caller gets.
    pub(crate) fn document(&self, request_id: &str) -> ProblemDocument {
        ProblemDocument {
            kind: format!("urn:deskless:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code,
            error: self.detail.clone(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            request_id: request_id.to_owned(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::NoSuchReference(field) => {
                let nothing = Invalid::new("not_found", "names nothing here that could be chosen");
                InvalidRequest::one(field, &nothing).into()
            }
            StoreError::VersionMismatch => Self::new(
                Code::VersionMismatch,
                "Somebody changed it since: no version in If-Match is the stored one. Read it again, then decide.",
            ),
            StoreError::NotSolved => Self::new(
                Code::NotSolved,
                "A resolution says how a conversation was solved, and this one is not. Set status to solved with it.",
            ),
            StoreError::ExternalIdExists => {
                Self::new(Code::ExternalIdExists, "A conversation with this externalId exists already.")
            }
            StoreError::Archived => Self::new(
                Code::Conflict,
                "It was deleted and is kept only so that conversations can name it: it cannot be changed.",
            ),
            StoreError::Ended => Self::new(Code::Conflict, "It has ended already: there is nothing left to stop."),
            StoreError::Erasing => Self::new(
                Code::Conflict,
                "This customer is being erased. A minute after the last of their conversations is gone, the id is free again.",
            ),
            StoreError::NotUploaded => Self::new(
                Code::Conflict,
                "Nothing was uploaded for this file yet. Post the signed form with the file in it, then register the file.",
            ),
            StoreError::UploadDiffers => Self::new(
                Code::Conflict,
                "What was uploaded has another size or type than what was signed. Sign and upload it again.",
            ),
            StoreError::Revoked => Self::new(Code::Conflict, "This API key was revoked: it cannot be changed."),
            StoreError::TooMany(kind) => Self::new(
                Code::Conflict,
                format!(
                    "A workspace has at most {} {}, and this one does. Delete some first.",
                    kind.most(),
                    kind.plural()
                ),
            ),
            StoreError::InvalidField(invalid) => InvalidRequest::from(invalid).into(),
            StoreError::MessageDeleted => Self::new(
                Code::MessageDeleted,
                "The message with this externalId was deleted. A provider's message is taken once.",
            ),
            StoreError::MessageIdTaken => {
                Self::new(Code::Conflict, "Another message of this conversation has, or had, this externalId.")
            }
            StoreError::NotCarried => InvalidRequest::one(
                "deliveryStatus",
                &Invalid::new(
                    "invalid",
                    "is reported of an assistant's reply on a channel that a provider carries, and of nothing else",
                ),
            )
            .into(),
            StoreError::IdempotencyKeyReused => Self::new(
                Code::IdempotencyKeyReused,
                "This Idempotency-Key was used with another body or query. Take a new key for a new request.",
            ),
            StoreError::Unavailable(log) => Self {
                log: Some(log),
                ..Self::new(
                    Code::Unavailable,
                    "This did not work in time, and may or may not have been done. Try again in a moment; a POST with the same \
                     Idempotency-Key is done once.",
                )
            },
            StoreError::Internal(log) => Self::internal(log),
        }
    }
}

impl IntoResponse for Problem {
    /// Leaves the body to the outermost layer, which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let headers = response.headers_mut();
        match self.code {
            Code::Unauthorized | Code::KeyExpired => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        let unavailable = (self.code == Code::Unavailable).then_some(RETRY_AFTER_SECONDS);
        if let Some(seconds) = self.retry_after.or(unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem as it is sent: RFC 9457, with `code` and `error` for programs that read those.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// A URN that ends in the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:deskless:problem:invalid_request")]
    kind: String,
    /// What the code means.
    title: String,
    /// The status code.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    code: Code,
    /// What is wrong this time, and what to do about it.
    error: String,
    /// The same as `error`.
    detail: String,
    /// Every field or parameter that is wrong.
    errors: Vec<FieldError>,
    /// What to quote when asking for help.
    request_id: String,
}
