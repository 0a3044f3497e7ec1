use axum::extract::FromRequestParts;
use deserr::Deserr;
use deskless_domain::Invalid;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::{ApiState, InvalidRequest, Problem, Unread};

/// The query of an operation that has none.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct NoParameters {}

/// A query string as a request type; rejects with everything that is wrong with it.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<T: Deserr<InvalidRequest>> FromRequestParts<ApiState> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let mut parameters = Map::new();
        let mut errors = InvalidRequest::default();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if parameters.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
                errors.0.extend(InvalidRequest::one(name, &Invalid::new("repeated", "is given twice")).0);
            }
        }
        match deserr::deserialize::<T, _, InvalidRequest>(Value::Object(parameters)) {
            Ok(query) if errors.0.is_empty() => Ok(Self(query)),
            Ok(_) => Err(errors.into()),
            Err(more) => {
                errors.0.extend(more.0);
                Err(errors.into())
            }
        }
    }
}

impl ApiQuery<Unread> {
    /// Reads the query as what this caller may send.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub fn read<T: Deserr<InvalidRequest>>(self) -> Result<T, Problem> {
        self.0.read()
    }
}
