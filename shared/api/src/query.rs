use axum::extract::FromRequestParts;
use deserr::Deserr;
use deskless_domain::Invalid;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::{ApiState, InvalidRequest, Json, Problem, RawBody, json::JsonObject};

/// The query of an operation without query parameters.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct NoParameters {}

/// A query string, parsed into a request type. Rejects with all errors at once.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<T: Deserr<InvalidRequest>> FromRequestParts<ApiState> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let mut parameters = JsonObject::new();
        let mut errors = InvalidRequest::default();
        for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            let shown = name.clone().unwrap_or_else(|lossy| lossy);
            let (Ok(name), Ok(value)) = (name, value) else {
                let invalid = Invalid::new("invalid", "must be percent-encoded UTF-8");
                errors.0.extend(InvalidRequest::one(shown, &invalid).0);
                continue;
            };
            if parameters.insert(name, Json::String(value)).is_some() {
                errors.0.extend(InvalidRequest::one(shown, &Invalid::new("repeated", "must be sent only once")).0);
            }
        }
        match deserr::deserialize::<T, _, InvalidRequest>(Json::Object(parameters)) {
            Ok(query) if errors.0.is_empty() => Ok(Self(query)),
            Ok(_) => Err(errors.into()),
            Err(more) => {
                errors.0.extend(more.in_query().0);
                Err(errors.into())
            }
        }
    }
}

impl ApiQuery<RawBody> {
    /// Deserializes the query as the request type of this principal.
    ///
    /// # Errors
    /// `invalid_request` with all errors.
    pub fn read<T: Deserr<InvalidRequest>>(self) -> Result<T, Problem> {
        self.0.read().map_err(|errors| errors.in_query().into())
    }
}

/// Decodes a name or a value of a query, in which `+` is a space. Returns the text with replacement characters as the error if
/// it is not UTF-8, or the text if a `%` has no two hexadecimal digits after it.
fn decode(text: &str) -> Result<String, String> {
    let is_escape =
        |rest: &str| rest.as_bytes().first_chunk::<2>().is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if !text.split('%').skip(1).all(is_escape) {
        return Err(text.to_owned());
    }
    let spaced = text.replace('+', " ");
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    String::from_utf8(bytes).map_err(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}
