use axum::extract::FromRequestParts;
use deserr::Deserr;
use deskless_domain::Invalid;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::{ApiState, InvalidRequest, Problem, RawBody};

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
        let mut parameters = Map::new();
        let mut errors = InvalidRequest::default();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if parameters.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
                errors.0.extend(InvalidRequest::one(name, &Invalid::new("repeated", "must be sent only once")).0);
            }
        }
        match deserr::deserialize::<T, _, InvalidRequest>(Value::Object(parameters)) {
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
