//! The `Idempotency-Key` header of POST requests.

use axum::extract::{FromRequest, OriginalUri, Request};
use data_encoding::BASE32_NOPAD;
use deserr::Deserr;
use deskless_app::IdempotencyKey;
use deskless_domain::Invalid;
use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::{ApiState, InvalidRequest, Problem, fields::RawBody, json::read_body};

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

impl<T: Deserr<InvalidRequest>> FromRequest<ApiState> for Idempotent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let (json, body) = read_body(&parts, body).await?;
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let key = client_key(&parts.headers)?.map(|value| RequestKey {
            value,
            route: format!("{} {}", parts.method, uri.path()),
            // The keys of JSON objects are sorted, so the order of fields does not matter.
            fingerprint: digest(&[uri.query().unwrap_or_default(), &json.to_string()]),
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
        let key = self.key.map(|key| IdempotencyKey {
            identity: format!("{}\n{}\n{}", caller.identity(), key.route, key.value),
            fingerprint: key.fingerprint,
        });
        (self.body, key)
    }
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
