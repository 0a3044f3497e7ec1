//! The codes of errors, with their status codes and titles.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

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

            pub(super) const fn title(self) -> &'static str {
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
