//! The `Idempotency-Key` header of POST requests.

use std::collections::HashSet;

use axum::extract::{FromRequest, OriginalUri, Request};
use data_encoding::BASE32_NOPAD;
use deserr::Deserr;
use deskless_app::IdempotencyKey;
use deskless_domain::Invalid;
use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::{AnonymousCaller, ApiState, InvalidRequest, Problem, canonical, fields::RawBody, json::read_body};

/// The body of a POST request with its `Idempotency-Key`. The body of an `Idempotent<Option<T>>` is optional.
#[derive(Debug)]
pub struct Idempotent<T> {
    /// The body.
    pub body: T,
    key: Option<RequestKey>,
}

#[derive(Debug)]
struct RequestKey {
    value: String,
    route: String,
    fingerprint: String,
}

const HEADER: &str = "idempotency-key";
/// The maximum number of characters of an idempotency key.
const MAX_KEY: usize = 255;
/// The minimum number of characters of the key of an anonymous caller: 128 random bits in base64.
const MIN_RANDOM_KEY: usize = 22;
/// The minimum number of different characters of such a key. Of a million random UUIDs, about one has fewer.
const MIN_DIFFERENT: usize = 8;

impl<T: Deserr<InvalidRequest>> FromRequest<ApiState> for Idempotent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let (json, body) = read_body(&parts, body).await?;
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let key = client_key(&parts.headers)?.map(|value| RequestKey {
            value,
            route: format!("{} {}", parts.method, canonical::path(uri.path())),
            fingerprint: digest(&[&canonical::query(uri.query().unwrap_or_default()), &canonical::body(&json)]),
        });
        Ok(Self { body, key })
    }
}

/// A caller. The idempotency keys of different callers are independent.
pub trait Actor {
    /// Returns the id of the API key and the id of the customer, on one line each.
    fn identity(&self) -> String;
}

impl Idempotent<RawBody> {
    /// Deserializes the body as the request type of this principal.
    ///
    /// # Errors
    /// `invalid_request` with all invalid fields.
    pub fn read<T: Deserr<InvalidRequest>>(self) -> Result<Idempotent<T>, Problem> {
        Ok(Idempotent { body: self.body.read()?, key: self.key })
    }
}

impl<T> Idempotent<T> {
    /// Returns the body and the idempotency key, if the request has one.
    pub fn into_parts(self, caller: &impl Actor) -> (T, Option<IdempotencyKey>) {
        let identity = |key: &RequestKey| format!("{}\n{}\n{}", caller.identity(), key.route, key.value);
        let key = self.key.map(|key| IdempotencyKey::new(identity(&key), key.fingerprint));
        (self.body, key)
    }

    /// Returns the body and the idempotency key of a caller without an identity. The key itself tells such callers apart, so it
    /// must be one that nobody guesses. The body is part of the identity too: who knows only the key finds nothing.
    ///
    /// # Errors
    /// `invalid_request` when the key is too short or too regular to be random.
    pub fn into_anonymous_parts(self, caller: &AnonymousCaller) -> Result<(T, Option<IdempotencyKey>), Problem> {
        if self.key.as_ref().is_some_and(|key| !is_random(&key.value)) {
            let message = format!(
                "must be a random value that nobody can guess, such as a UUID: at least {MIN_RANDOM_KEY} characters. Without a \
                 customer token it is what tells visitors apart"
            );
            return Err(InvalidRequest::one("Idempotency-Key", &Invalid::new("too_short", message)).into());
        }
        let identity =
            |key: &RequestKey| format!("{}\n{}\n{}\n{}", caller.identity(), key.route, key.value, key.fingerprint);
        let key = self.key.map(|key| IdempotencyKey::new(identity(&key), key.fingerprint));
        Ok((self.body, key))
    }
}

/// Returns whether a key can be random: long enough, and with many different characters.
fn is_random(key: &str) -> bool {
    key.len() >= MIN_RANDOM_KEY && key.bytes().collect::<HashSet<_>>().len() >= MIN_DIFFERENT
}

fn client_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let (first, second) = (values.next(), values.next());
    let invalid = |message: &str| Err(InvalidRequest::one("Idempotency-Key", &Invalid::new("invalid", message)).into());
    match (first.map(|value| value.to_str()), second) {
        (None, _) => Ok(None),
        (_, Some(_)) => invalid("must be sent only once"),
        (Some(Ok(key)), None) if (1..=MAX_KEY).contains(&key.len()) && !key.contains('\t') => Ok(Some(key.to_owned())),
        (Some(_), None) => invalid("must be 1 to 255 printable ASCII characters"),
    }
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    BASE32_NOPAD.encode(&hash.finalize()[..16])
}
