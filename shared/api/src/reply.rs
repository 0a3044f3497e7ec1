//! Answers that went well.

use axum::response::{IntoResponse, Response};
use deskless_store::{Answer, Once, StoreError};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Problem, version_tag};

/// What an operation gives: an answer or a problem.
pub type Reply = Result<Response, Problem>;

/// 200 with a body and, for single objects, its version.
///
/// # Errors
/// When the body cannot be written as JSON, which is a fault of ours.
pub fn ok(version: Option<u64>, body: &impl Serialize) -> Reply {
    Ok(send(done(version, body)?))
}

/// 201 with where the new thing is, its version and itself; not sent yet, so that it can be stored with its effect.
///
/// # Errors
/// When the body cannot be written as JSON, which is a fault of ours.
pub fn created(location: String, version: u64, body: &impl Serialize) -> Result<Answer, StoreError> {
    let headers = vec![(header::LOCATION.to_string(), location), (header::ETAG.to_string(), version_tag(version))];
    answer(StatusCode::CREATED, headers, body)
}

/// 200 with the thing itself and, if it has one, its version; not sent yet, so that it can be stored with its effect.
///
/// # Errors
/// When the body cannot be written as JSON, which is a fault of ours.
pub fn done(version: impl Into<Option<u64>>, body: &impl Serialize) -> Result<Answer, StoreError> {
    let headers = version.into().map(|version| (header::ETAG.to_string(), version_tag(version)));
    answer(StatusCode::OK, headers.into_iter().collect(), body)
}

/// 202 with what goes on in the background, and its version.
///
/// # Errors
/// When the body cannot be written as JSON, which is a fault of ours.
pub fn accepted(version: u64, body: &impl Serialize) -> Reply {
    let headers = vec![(header::ETAG.to_string(), version_tag(version))];
    Ok(send(answer(StatusCode::ACCEPTED, headers, body)?))
}

/// 202 with what goes on in the background, where it is and its version; not sent yet, so that it can be stored with what
/// sets it off.
///
/// # Errors
/// When the body cannot be written as JSON, which is a fault of ours.
pub fn queued(location: String, version: u64, body: &impl Serialize) -> Result<Answer, StoreError> {
    let headers = vec![(header::LOCATION.to_string(), location), (header::ETAG.to_string(), version_tag(version))];
    answer(StatusCode::ACCEPTED, headers, body)
}

/// 204: done, and there is nothing to say.
#[must_use]
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Sends the answer to what was done now, or again the one to what was done before.
///
/// # Errors
/// When the answer cannot be written.
pub fn finish<T>(outcome: Once<T>, answer: impl Fn(&T) -> Result<Answer, StoreError>) -> Reply {
    match outcome {
        Once::Done(effect) => Ok(send(answer(&effect)?)),
        Once::Replayed(answer) => {
            let mut response = send(answer);
            let replayed = HeaderName::from_static("idempotent-replayed");
            response.headers_mut().insert(replayed, HeaderValue::from_static("true"));
            Ok(response)
        }
    }
}

/// A version for an object that does not show its own, which counts what the reader shall not know of: it changes with what
/// is shown and with nothing else.
///
/// # Errors
/// When the body cannot be written as JSON, which is a fault of ours.
pub fn likeness(body: &impl Serialize) -> Result<u64, StoreError> {
    let digest = Sha256::digest(json(body)?);
    let (first, _) = digest.split_at(8);
    Ok(first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(body).map_err(|e| StoreError::Internal(format!("an answer cannot be written as JSON: {e}")))
}

fn answer(status: StatusCode, headers: Vec<(String, String)>, body: &impl Serialize) -> Result<Answer, StoreError> {
    Ok(Answer { status: status.as_u16(), headers, body: json(body)? })
}

fn send(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], answer.body).into_response();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// 304: the client has this version.
#[must_use]
pub fn not_modified(version: u64) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, version_tag(version))]).into_response()
}
