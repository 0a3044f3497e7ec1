//! Conditions of a query as tests of rows.

use std::collections::HashSet;

use deskless_api::Problem;
use deskless_domain::Timestamp;

use super::{Condition, Operator, Query, error};
use crate::intercom::values::TagIds;

/// What tests need besides the row.
#[derive(Debug)]
pub struct Context {
    /// The time of the request.
    pub now: Timestamp,
    /// The ids of the workspace's tags.
    pub tags: TagIds,
}

/// A field that can be searched.
pub struct Field<T> {
    /// The name.
    pub name: &'static str,
    /// The values, and the operators that go with them.
    pub kind: Kind<T>,
}

/// The kind of a field.
pub enum Kind<T> {
    /// Ids and keywords, compared exactly.
    Keyword(fn(&T, &Context) -> Vec<String>),
    /// Texts, compared without case.
    Text(fn(&T, &Context) -> Vec<String>),
    /// A boolean.
    Flag(fn(&T, &Context) -> bool),
    /// A time in seconds.
    Time(fn(&T) -> Option<i64>),
}

impl<T> Kind<T> {
    fn operators(&self) -> &'static [Operator] {
        use Operator::{
            AtLeast, AtMost, Contains, EndsWith, Equal, Greater, In, Less, NotContains, NotEqual, NotIn, StartsWith,
        };
        match self {
            Self::Keyword(_) => &[Equal, NotEqual, In, NotIn],
            Self::Text(_) => &[Equal, NotEqual, In, NotIn, Contains, NotContains, StartsWith, EndsWith],
            Self::Flag(_) => &[Equal, NotEqual],
            Self::Time(_) => &[Equal, NotEqual, Less, Greater, AtMost, AtLeast],
        }
    }
}

/// A test of a row.
pub enum Test<T> {
    /// All must hold.
    All(Vec<Self>),
    /// One must hold.
    Any(Vec<Self>),
    /// Texts.
    Text(fn(&T, &Context) -> Vec<String>, Operator, HashSet<String>, bool),
    /// A boolean.
    Flag(fn(&T, &Context) -> bool, bool),
    /// A time.
    Time(fn(&T) -> Option<i64>, Operator, i64),
}

impl<T> Test<T> {
    /// Returns the test that every row passes.
    pub fn pass() -> Self {
        Self::All(Vec::new())
    }

    /// Converts a query.
    ///
    /// # Errors
    /// `invalid_request` for a field, an operator or a value that is not supported.
    pub fn of(query: &Query, fields: &'static [Field<T>]) -> Result<Self, Problem> {
        let all = |parts: &[Query]| parts.iter().map(|part| Self::of(part, fields)).collect::<Result<Vec<_>, _>>();
        match query {
            Query::All(parts) => Ok(Self::All(all(parts)?)),
            Query::Any(parts) => Ok(Self::Any(all(parts)?)),
            Query::Is(condition) => Self::of_condition(condition, fields),
        }
    }

    fn of_condition(condition: &Condition, fields: &'static [Field<T>]) -> Result<Self, Problem> {
        let Condition { field: name, operator, values } = condition;
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let known: Vec<_> = fields.iter().map(|field| field.name).collect();
            return Err(error(name, "invalid", format!("cannot be searched. Fields: {}", known.join(", "))));
        };
        if !field.kind.operators().contains(operator) {
            let known: Vec<_> = field.kind.operators().iter().map(|operator| operator.as_str()).collect();
            let message =
                format!("does not support the operator {}. Operators: {}", operator.as_str(), known.join(", "));
            return Err(error(name, "invalid", message));
        }
        let value = values.first().map(String::as_str).unwrap_or_default();
        match field.kind {
            Kind::Keyword(get) => Ok(Self::Text(get, *operator, values.iter().cloned().collect(), false)),
            Kind::Text(get) => {
                Ok(Self::Text(get, *operator, values.iter().map(|value| value.to_lowercase()).collect(), true))
            }
            Kind::Flag(get) => match value {
                "true" | "false" => Ok(Self::Flag(get, (value == "true") == (*operator == Operator::Equal))),
                _ => Err(error(name, "wrong_type", "must have true or false as its value")),
            },
            Kind::Time(get) => match value.parse() {
                Ok(seconds) => Ok(Self::Time(get, *operator, seconds)),
                Err(_) => Err(error(name, "wrong_type", "must have a time in seconds since 1970 as its value")),
            },
        }
    }

    /// Returns whether a row passes.
    pub fn holds(&self, row: &T, context: &Context) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row, context)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row, context)),
            Self::Flag(get, expected) => get(row, context) == *expected,
            Self::Time(get, operator, seconds) => compare(get(row), *operator, *seconds),
            Self::Text(get, operator, values, fold) => {
                let mut found = get(row, context);
                if *fold {
                    found = found.into_iter().map(|text| text.to_lowercase()).collect();
                }
                let any = |test: fn(&str, &str) -> bool| {
                    found.iter().any(|text| values.iter().any(|value| test(text, value)))
                };
                match operator {
                    Operator::NotEqual | Operator::NotIn => !any(|text, value| text == value),
                    Operator::Contains => any(|text, value| text.contains(value)),
                    Operator::NotContains => !any(|text, value| text.contains(value)),
                    Operator::StartsWith => any(|text, value| text.starts_with(value)),
                    Operator::EndsWith => any(|text, value| text.ends_with(value)),
                    _ => any(|text, value| text == value),
                }
            }
        }
    }
}

/// Compares a time. A row without one is unequal to every time, and neither before nor after it.
fn compare(time: Option<i64>, operator: Operator, seconds: i64) -> bool {
    let Some(time) = time else { return operator == Operator::NotEqual };
    match operator {
        Operator::NotEqual => time != seconds,
        Operator::Less => time < seconds,
        Operator::Greater => time > seconds,
        Operator::AtMost => time <= seconds,
        Operator::AtLeast => time >= seconds,
        _ => time == seconds,
    }
}
