//! The query language of searches: conditions on fields, combined with `AND` and `OR`.
//!
//! Every condition of a query is applied. A field or operator that is not supported is an error.

mod contacts;
mod conversations;
mod test;

pub use contacts::search_contacts;
pub use conversations::{ConversationQuery, search_conversations};
pub use test::{Context, Test};

use deskless_api::{InvalidRequest, Json, Problem};
use deskless_domain::Invalid;

/// The most conditions of a group.
const MAX_CONDITIONS: usize = 15;
/// The most levels of groups: one, and two nested ones.
const MAX_LEVELS: usize = 3;

/// A parsed query.
#[derive(Debug, Clone)]
pub enum Query {
    /// All must match.
    All(Vec<Self>),
    /// One must match.
    Any(Vec<Self>),
    /// One condition.
    Is(Condition),
}

/// A condition on a field.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// The operator.
    pub operator: Operator,
    /// The value; several for `IN` and `NIN`.
    pub values: Vec<String>,
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    In,
    NotIn,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
}

impl Operator {
    const ALL: [(&'static str, Self); 12] = [
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        ("IN", Self::In),
        ("NIN", Self::NotIn),
        ("<", Self::Less),
        (">", Self::Greater),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("~", Self::Contains),
        ("!~", Self::NotContains),
        ("^", Self::StartsWith),
        ("$", Self::EndsWith),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, operator)| *operator)
    }

    /// Returns the operator as it is written.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, operator)| *operator == self).map_or("=", |(name, _)| name)
    }

    /// Returns whether the value is a list.
    fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

/// Returns the error for a part of a query.
fn error(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Problem {
    InvalidRequest::one(field, &Invalid::new(code, message)).into()
}

impl Query {
    /// Parses the `query` of a search.
    ///
    /// # Errors
    /// `invalid_request` that names the part of the query.
    pub fn parse(query: &Json) -> Result<Self, Problem> {
        Self::parse_at(query, "query", 1)
    }

    fn parse_at(query: &Json, at: &str, level: usize) -> Result<Self, Problem> {
        let Json::Object(members) = query else { return Err(error(at, "wrong_type", "must be an object")) };
        if let Some(other) = members.keys().find(|name| !["field", "operator", "value"].contains(&name.as_str())) {
            return Err(error(
                format!("{at}.{other}"),
                "unknown",
                "is unknown. A condition has field, operator and value",
            ));
        }
        let required =
            |name: &str| members.get(name).ok_or_else(|| error(format!("{at}.{name}"), "required", "is required"));
        let operator = required("operator")?.as_str().unwrap_or_default();
        let value = required("value")?;
        if ["AND", "OR"].contains(&operator) {
            let parts = Self::parse_group(value, at, level)?;
            return Ok(if operator == "AND" { Self::All(parts) } else { Self::Any(parts) });
        }
        let field = required("field")?.as_str();
        let field = field.ok_or_else(|| error(format!("{at}.field"), "wrong_type", "must be a string"))?.to_owned();
        let operator = Operator::parse(operator).ok_or_else(|| {
            let known: Vec<_> = Operator::ALL.iter().map(|(name, _)| *name).collect();
            let message = format!("must be one of AND, OR, {}", known.join(", "));
            error(format!("{at}.operator"), "invalid", message)
        })?;
        let values = values(&field, operator, value)?;
        Ok(Self::Is(Condition { field, operator, values }))
    }

    fn parse_group(value: &Json, at: &str, level: usize) -> Result<Vec<Self>, Problem> {
        let at = format!("{at}.value");
        if level > MAX_LEVELS {
            return Err(error(at, "too_many", "must be nested at most twice"));
        }
        match value {
            Json::Array(parts) if (1..=MAX_CONDITIONS).contains(&parts.len()) => {
                let parse = |(i, part)| Self::parse_at(part, &format!("{at}[{i}]"), level + 1);
                parts.iter().enumerate().map(parse).collect()
            }
            Json::Array(_) => Err(error(at, "too_many", format!("must have 1 to {MAX_CONDITIONS} conditions"))),
            _ => Err(error(at, "wrong_type", "must be an array of conditions, because the operator is AND or OR")),
        }
    }
}

fn values(field: &str, operator: Operator, value: &Json) -> Result<Vec<String>, Problem> {
    let scalar = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(digits) => Some(digits.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null => Some("null".to_owned()),
        Json::Array(_) | Json::Object(_) => None,
    };
    let values: Option<Vec<String>> = match (operator.takes_list(), value) {
        (true, Json::Array(values)) => values.iter().map(scalar).collect(),
        (true, _) => {
            let message = format!("must have an array as its value, because the operator is {}", operator.as_str());
            return Err(error(field, "wrong_type", message));
        }
        (false, value) => scalar(value).map(|value| vec![value]),
    };
    let wrong = || error(field, "wrong_type", "must have a string, a number or a boolean as its value");
    values.ok_or_else(wrong)
}
