//! Conditions of the service's filter requests.

use deserr::Deserr;
use deskless_api::{InvalidRequest, Json, Problem};

use super::query::invalid;

/// A filter request.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct FilterRequest {
    payload: Vec<ConditionRequest>,
}

#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
struct ConditionRequest {
    attribute_key: String,
    #[deserr(default)]
    filter_operator: Option<String>,
    #[deserr(default)]
    values: Option<Json>,
    #[deserr(default)]
    query_operator: Option<String>,
}

/// A condition: an attribute that has a value.
#[derive(Debug)]
pub struct Condition {
    /// The attribute.
    pub attribute: String,
    /// The value.
    pub value: String,
}

impl FilterRequest {
    /// Returns the conditions, which must all match.
    ///
    /// # Errors
    /// `invalid_request` for conditions that no index answers: several values, also in several conditions, other operators than
    /// `equal_to`, and `OR`.
    pub fn conditions(self) -> Result<Vec<Condition>, Problem> {
        let conditions = self.payload.into_iter().map(ConditionRequest::condition);
        let conditions: Vec<_> = conditions.collect::<Result<_, _>>()?;
        if conditions.is_empty() {
            return Err(invalid("payload", "must have at least one condition"));
        }
        let is_repeated =
            |(i, one): (usize, &Condition)| conditions[..i].iter().any(|two| two.attribute == one.attribute);
        if conditions.iter().enumerate().any(is_repeated) {
            return Err(invalid("attribute_key", "must be another one in each condition. An attribute has one value"));
        }
        Ok(conditions)
    }
}

impl ConditionRequest {
    fn condition(self) -> Result<Condition, Problem> {
        let Self { attribute_key, filter_operator, values, query_operator } = self;
        if filter_operator.as_deref() != Some("equal_to") {
            return Err(invalid("filter_operator", "must be equal_to. Other operators are not supported"));
        }
        if query_operator.is_some_and(|operator| !operator.is_empty() && !operator.eq_ignore_ascii_case("and")) {
            return Err(invalid("query_operator", "must be AND. OR is not supported"));
        }
        let value = match values {
            Some(Json::Array(mut values)) if values.len() == 1 => values.pop(),
            Some(Json::Array(_)) | None => None,
            single => single,
        };
        match value {
            Some(Json::String(value) | Json::Number(value)) => Ok(Condition { attribute: attribute_key, value }),
            _ => Err(invalid("values", "must have one value")),
        }
    }
}
