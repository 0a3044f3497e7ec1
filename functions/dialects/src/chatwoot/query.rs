//! Parameters that several lists have.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{Code, InvalidRequest, Problem, Reply, dialect::respond};
use deskless_domain::{Invalid, Offset};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

/// The number of a page, from 1, in a list with `SIZE` rows on a page.
#[derive(Debug, Clone, Copy)]
pub struct Page<const SIZE: usize> {
    /// The number of the page.
    pub number: u64,
    /// The rows before it.
    pub offset: Offset,
}

impl<const SIZE: usize> Default for Page<SIZE> {
    fn default() -> Self {
        Self { number: 1, offset: Offset::START }
    }
}

impl<const SIZE: usize> Deserr<InvalidRequest> for Page<SIZE> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = <String as Deserr<InvalidRequest>>::deserialize_from_value(value, location)?;
        let number: u64 = text
            .parse()
            .map_err(|_| InvalidRequest::at(location, &Invalid::new("wrong_type", "must be a whole number")))?;
        // The service takes page 0 as the first one, and its clients send it.
        let number = u64::max(number, 1);
        let offset =
            Offset::parse_page(number, SIZE as u64).map_err(|invalid| InvalidRequest::at(location, &invalid))?;
        Ok(Self { number, offset })
    }
}

/// Returns the problem of a parameter or a field.
pub fn invalid(field: &str, message: impl Into<String>) -> Problem {
    InvalidRequest::one(field, &Invalid::new("invalid", message.into())).into()
}

/// Returns the problem of a parameter of a list, which is 400 and not 422.
pub fn as_parameter(problem: Problem) -> Problem {
    match problem.code() {
        Code::InvalidRequest => Problem::new(Code::InvalidRequest, problem.detail()),
        _ => problem,
    }
}

/// Returns 200 with a body that has totals. A header says if they are lower bounds.
pub fn counted(body: &impl Serialize, is_exact: bool) -> Reply {
    let mut response = respond(StatusCode::OK, body)?;
    if !is_exact {
        response.headers_mut().insert(HeaderName::from_static("x-total-exact"), HeaderValue::from_static("false"));
    }
    Ok(response)
}

/// Returns 200 with a body.
pub fn shown(body: &impl Serialize) -> Reply {
    respond(StatusCode::OK, body)
}

/// Returns 200 without a body, as the service does for actions.
pub fn done() -> Reply {
    let mut response = respond(StatusCode::OK, &"")?;
    *response.body_mut() = axum::body::Body::empty();
    Ok(response)
}
