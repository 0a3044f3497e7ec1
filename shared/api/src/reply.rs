//! Successful responses.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Problem, version_tag};

/// What an operation returns: a response or a problem.
pub type Reply = Result<Response, Problem>;

/// Returns 200 with a body and, for single objects, their version.
///
/// # Errors
/// `internal_error` when the body cannot be written as JSON.
pub fn ok(version: impl Into<Option<u64>>, body: &impl Serialize) -> Reply {
    respond(StatusCode::OK, None, version.into(), body)
}

/// Returns 201 with the new object, its location and its version.
///
/// # Errors
/// `internal_error` when the body cannot be written as JSON.
pub fn created(location: String, version: u64, body: &impl Serialize) -> Reply {
    respond(StatusCode::CREATED, Some(location), Some(version), body)
}

/// Returns 202 with an object that is being worked on, its version and, if it is new, its location.
///
/// # Errors
/// `internal_error` when the body cannot be written as JSON.
pub fn accepted(location: impl Into<Option<String>>, version: u64, body: &impl Serialize) -> Reply {
    respond(StatusCode::ACCEPTED, location.into(), Some(version), body)
}

/// Returns 204.
#[must_use]
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Returns 304: the client has this version.
#[must_use]
pub fn not_modified(version: u64) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, version_tag(version))]).into_response()
}

/// Marks the response to a repeat with `Idempotent-Replayed`.
///
/// # Errors
/// Those of the response itself.
pub fn replayed(is_replay: bool, reply: Reply) -> Reply {
    let mut response = reply?;
    if is_replay {
        let name = HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Returns a version for an object that hides its own, because that one counts changes the reader must not know of. It
/// changes with what the object shows and with nothing else.
///
/// # Errors
/// `internal_error` when the body cannot be written as JSON.
pub fn content_version(body: &impl Serialize) -> Result<u64, Problem> {
    let digest = Sha256::digest(json(body)?);
    let (first, _) = digest.split_at(8);
    Ok(first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|e| Problem::internal(format!("a response cannot be written as JSON: {e}")))
}

fn respond(status: StatusCode, location: Option<String>, version: Option<u64>, body: &impl Serialize) -> Reply {
    let body = json(body)?;
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    let headers = [(header::LOCATION, location), (header::ETAG, version.map(version_tag))];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
