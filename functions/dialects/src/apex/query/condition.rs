//! Conditions on the fields of a row.

use std::cmp::Ordering;

use deskless_api::Problem;
use deskless_domain::{ConversationId, Invalid, Timestamp, nearest};
use serde_json::Value;

use super::{super::error::bad_request, of_value};

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A UUID, or null.
    Id,
    /// A number.
    Number,
    /// A time.
    Time,
    /// `true` or `false`.
    Flag,
}

/// A field by which rows can be filtered or sorted.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in the query.
    pub name: &'static str,
    /// The name in the row. A field with an array matches if one entry does.
    pub column: &'static str,
    /// The type of its values.
    pub kind: Kind,
}

impl Field {
    /// Declares a field that has the same name in the row.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, column: name, kind }
    }

    /// Returns a field by its name.
    ///
    /// # Errors
    /// `BadRequest` when there is none.
    pub fn find(within: &str, name: &str, fields: &'static [Self]) -> Result<&'static Self, Problem> {
        fields.iter().find(|field| field.name == name).ok_or_else(|| {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let shown: String = name.chars().take(100).collect();
            let path = if within.is_empty() { shown } else { format!("{within}[{shown}]") };
            let hint = match nearest(name, &known) {
                Some(nearest) => format!("Did you mean `{nearest}`?"),
                None => format!("Supported: {}", known.join(", ")),
            };
            bad_request(&path, format!("is not supported. {hint}"))
        })
    }

    /// Compares two rows by this field.
    pub fn compare(&self, one: &Value, other: &Value) -> Ordering {
        let text = |row: &Value| values(&row[self.column]).into_iter().next().flatten().unwrap_or_default();
        let (one, other) = (text(one), text(other));
        // Titles are sorted as our own list sorts them.
        one.to_lowercase().cmp(&other.to_lowercase()).then(one.cmp(&other))
    }

    /// Parses a value of the query into the form that a row has. `None` is null.
    fn value(&self, text: String) -> Result<Option<String>, Problem> {
        let refused = |message: &str| of_value(self.name, &Invalid::new("invalid", message));
        match self.kind {
            Kind::Text => Ok(Some(text)),
            Kind::Word(words) if words.contains(&text.as_str()) => Ok(Some(text)),
            Kind::Word(words) => Err(of_value(self.name, &Invalid::unknown_value(&text, words))),
            Kind::Id if text.is_empty() || text == "null" => Ok(None),
            // All ids have the same form. A message's has two.
            Kind::Id if text.split('_').all(|id| ConversationId::parse(id).is_some()) => Ok(Some(text.to_lowercase())),
            Kind::Id => Err(refused("must be an id, which is a UUID, or null")),
            Kind::Number => {
                let number: f64 = text.parse().map_err(|_| refused("must be a number"))?;
                if number.is_finite() { Ok(Some(text)) } else { Err(refused("must be a number")) }
            }
            Kind::Time => {
                let time = Timestamp::parse_bound(&text).map_err(|error| of_value(self.name, &error))?;
                Ok(Some(time.to_string()))
            }
            Kind::Flag if text == "true" || text == "false" => Ok(Some(text)),
            Kind::Flag => Err(refused("must be `true` or `false`")),
        }
    }
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// One of the values: `=` and `$in`.
    In,
    /// None of the values: `$ne` and `$nin`.
    NotIn,
    /// `$gt`
    Greater,
    /// `$gte`
    AtLeast,
    /// `$lt`
    Less,
    /// `$lte`
    AtMost,
}

impl Operator {
    /// The operators of Feathers' common query syntax.
    pub const KNOWN: [&'static str; 7] = ["$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"];

    /// Parses an operator, and returns whether it has an array.
    pub fn parse(text: &str) -> Option<(Self, bool)> {
        Some(match text {
            "$ne" => (Self::NotIn, false),
            "$gt" => (Self::Greater, false),
            "$gte" => (Self::AtLeast, false),
            "$lt" => (Self::Less, false),
            "$lte" => (Self::AtMost, false),
            "$in" => (Self::In, true),
            "$nin" => (Self::NotIn, true),
            _ => return None,
        })
    }
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: &'static Field,
    /// The comparison.
    pub operator: Operator,
    /// The values, in the form that rows have. `None` is null.
    pub values: Vec<Option<String>>,
}

impl Condition {
    /// Creates a condition from the texts of a query.
    ///
    /// # Errors
    /// `BadRequest` for values that the field cannot have, and comparisons that it does not have.
    pub fn new(field: &'static Field, operator: Operator, texts: Vec<String>) -> Result<Self, Problem> {
        let is_order = !matches!(operator, Operator::In | Operator::NotIn);
        if is_order && !matches!(field.kind, Kind::Number | Kind::Time | Kind::Text) {
            return Err(bad_request(field.name, "has no order. Use `$in`, `$nin` or `$ne`"));
        }
        let values = texts.into_iter().map(|text| field.value(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { field, operator, values })
    }

    /// Returns whether the condition holds for a row.
    pub fn holds(&self, row: &Value) -> bool {
        let found = values(&row[self.field.column]);
        let is_one = || {
            found.iter().any(|found| self.values.iter().any(|value| self.equals(found.as_deref(), value.as_deref())))
        };
        match self.operator {
            Operator::In => is_one(),
            Operator::NotIn => !is_one(),
            Operator::Greater => self.compares(&found, Ordering::is_gt),
            Operator::AtLeast => self.compares(&found, Ordering::is_ge),
            Operator::Less => self.compares(&found, Ordering::is_lt),
            Operator::AtMost => self.compares(&found, Ordering::is_le),
        }
    }

    fn equals(&self, one: Option<&str>, other: Option<&str>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => self.order(one, other).is_eq(),
            (one, other) => one == other,
        }
    }

    /// Null is neither greater nor less than a value.
    fn compares(&self, found: &[Option<String>], is: fn(Ordering) -> bool) -> bool {
        let value = self.values.first().and_then(Option::as_deref);
        found.iter().flatten().any(|found| value.is_some_and(|value| is(self.order(found, value))))
    }

    fn order(&self, one: &str, other: &str) -> Ordering {
        if self.field.kind == Kind::Number
            && let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>())
        {
            return one.total_cmp(&other);
        }
        one.cmp(other)
    }
}

/// Returns the texts of a value. An array has several; `None` is null.
fn values(value: &Value) -> Vec<Option<String>> {
    match value {
        Value::Null => vec![None],
        Value::String(text) => vec![Some(text.clone())],
        Value::Array(entries) => entries.iter().flat_map(values).collect(),
        other => vec![Some(other.to_string())],
    }
}
