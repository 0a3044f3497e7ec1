//! Successful responses.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Problem, caching::forbid_storing, layers::ShownOnce, version_tag};

/// The result of an operation: a response or a problem.
pub type Reply = Result<Response, Problem>;

/// Returns 200 with a body and, for a single resource, its version.
///
/// # Errors
/// `internal_error` when the body cannot be serialized.
pub fn ok(version: impl Into<Option<u64>>, body: &impl Serialize) -> Reply {
    respond(StatusCode::OK, None, version.into(), body)
}

/// Returns 201 with the new resource, its location and its version.
///
/// # Errors
/// `internal_error` when the body cannot be serialized.
pub fn created(location: String, version: u64, body: &impl Serialize) -> Reply {
    respond(StatusCode::CREATED, Some(location), Some(version), body)
}

/// Returns 202 with a resource that is still being processed, its version and, if it is new, its location.
///
/// # Errors
/// `internal_error` when the body cannot be serialized.
pub fn accepted(location: impl Into<Option<String>>, version: u64, body: &impl Serialize) -> Reply {
    respond(StatusCode::ACCEPTED, location.into(), Some(version), body)
}

/// Returns 204.
#[must_use]
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Marks a response that holds a secret, such as a new API key or a signed URL: no cache may store it.
///
/// # Errors
/// Those of the response itself.
pub fn with_secret(reply: Reply) -> Reply {
    let mut response = reply?;
    forbid_storing(&mut response);
    Ok(response)
}

/// Adds the `Idempotent-Replayed` header to the response to a repeat.
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

/// Marks a response that only this request can get: a new secret, an upload form or a customer token. It is sent even to a key
/// that may not read the resource, so it must show nothing but what the request itself created. No cache may store it.
///
/// # Errors
/// Those of the response itself.
pub fn shown_once(reply: Reply) -> Reply {
    let mut response = with_secret(reply)?;
    response.extensions_mut().insert(ShownOnce);
    Ok(response)
}

/// Returns a version that is computed from the body, for resources whose stored version also counts updates that the reader must
/// not see. It changes only when the body changes.
///
/// # Errors
/// `internal_error` when the body cannot be serialized.
pub fn content_version(body: &impl Serialize) -> Result<u64, Problem> {
    let digest = Sha256::digest(json(body)?);
    let (first, _) = digest.split_at(8);
    Ok(first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|e| Problem::internal(format!("a response cannot be serialized: {e}")))
}

/// Returns a response without `ETag` and `Location`.
pub(crate) fn plain(status: StatusCode, body: &impl Serialize) -> Reply {
    respond(status, None, None, body)
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
