//! JSON values whose numbers keep the digits that were sent.
//!
//! `serde_json` turns `89490200001234567890` into `8.949020000123457e+19`. Its feature `arbitrary_precision` would keep the digits,
//! but it changes how every number in the workspace is deserialized, also in dependencies, and `deserr` panics on such numbers.

use std::fmt;

use deserr::{DeserializeError, Deserr, IntoValue, Map, Sequence, Value, ValueKind, ValuePointerRef};
use indexmap::IndexMap;

/// The members of an object, in the order in which they were sent.
pub type JsonObject = IndexMap<String, Json>;

/// A JSON value. Two objects are equal whatever the order of their members is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The digits of a number, as they were sent.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(JsonObject),
}

/// The members of an object.
#[derive(Debug, Clone)]
pub struct Members(JsonObject);

/// The name under which a number that has no exact `deserr` value is passed on, as an object with its digits. A member of an object
/// whose name begins like this gets the prefix once more, so that no object is mistaken for a number.
const DIGITS: &str = "\0digits";

impl Json {
    /// Returns the string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value as one of `serde_json`; `None` if a number would have other digits.
    #[must_use]
    pub fn exact(&self) -> Option<serde_json::Value> {
        let text = self.to_string();
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        let written = value.to_string();
        (written == text).then_some(value)
    }
}

impl fmt::Display for Json {
    /// Writes JSON without white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::to_string(text).map_err(|_| fmt::Error);
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::String(text) => f.write_str(&quoted(text)?),
            Self::Array(entries) => {
                for (i, entry) in entries.iter().enumerate() {
                    write!(f, "{}{entry}", if i == 0 { '[' } else { ',' })?;
                }
                f.write_str(if entries.is_empty() { "[]" } else { "]" })
            }
            Self::Object(members) => {
                for (i, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{value}", if i == 0 { '{' } else { ',' }, quoted(name)?)?;
                }
                f.write_str(if members.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

/// Returns a number as a `deserr` value, if that value is written with the same digits.
fn number(digits: &str) -> Option<Value<Json>> {
    let is_same = |text: &str| text == digits;
    if let Some(number) = digits.parse::<u64>().ok().filter(|number| is_same(&number.to_string())) {
        return Some(Value::Integer(number));
    }
    if let Some(number) = digits.parse::<i64>().ok().filter(|number| is_same(&number.to_string())) {
        return Some(Value::NegativeInteger(number));
    }
    let number = digits.parse().ok().and_then(serde_json::Number::from_f64)?;
    number.as_f64().filter(|_| is_same(&number.to_string())).map(Value::Float)
}

impl IntoValue for Json {
    type Sequence = Vec<Self>;
    type Map = Members;

    fn kind(&self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Null,
            Self::Bool(_) => ValueKind::Boolean,
            Self::Number(_) => ValueKind::Float,
            Self::String(_) => ValueKind::String,
            Self::Array(_) => ValueKind::Sequence,
            Self::Object(_) => ValueKind::Map,
        }
    }

    fn into_value(self) -> Value<Self> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Boolean(value),
            Self::Number(digits) => number(&digits).unwrap_or_else(|| {
                Value::Map(Members(JsonObject::from_iter([(DIGITS.to_owned(), Self::String(digits))])))
            }),
            Self::String(text) => Value::String(text),
            Self::Array(entries) => Value::Sequence(entries),
            Self::Object(members) if members.keys().any(|name| name.starts_with(DIGITS)) => {
                let escape = |(name, value): (String, Self)| {
                    let name = if name.starts_with(DIGITS) { format!("{DIGITS}{name}") } else { name };
                    (name, value)
                };
                Value::Map(Members(members.into_iter().map(escape).collect()))
            }
            Self::Object(members) => Value::Map(Members(members)),
        }
    }
}

impl Map for Members {
    type Value = Json;
    type Iter = indexmap::map::IntoIter<String, Json>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn remove(&mut self, key: &str) -> Option<Json> {
        self.0.shift_remove(key)
    }

    fn into_iter(self) -> Self::Iter {
        self.0.into_iter()
    }
}

impl<V: IntoValue> From<Value<V>> for Json {
    fn from(value: Value<V>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Bool(value),
            Value::Integer(number) => Self::Number(number.to_string()),
            Value::NegativeInteger(number) => Self::Number(number.to_string()),
            Value::Float(number) => {
                serde_json::Number::from_f64(number).map_or(Self::Null, |number| Self::Number(number.to_string()))
            }
            Value::String(text) => Self::String(text),
            Value::Sequence(entries) => {
                Self::Array(entries.into_iter().map(|entry| entry.into_value().into()).collect())
            }
            Value::Map(members) => {
                let members = members.into_iter().map(|(name, value)| (name, Self::from(value.into_value())));
                let mut members: JsonObject = members.collect();
                if let (1, Some(Self::String(digits))) = (members.len(), members.get_mut(DIGITS)) {
                    return Self::Number(std::mem::take(digits));
                }
                if !members.keys().any(|name| name.starts_with(DIGITS)) {
                    return Self::Object(members);
                }
                let unescape = |(name, value): (String, Self)| match name.strip_prefix(DIGITS) {
                    Some(name) => (name.to_owned(), value),
                    None => (name, value),
                };
                Self::Object(members.into_iter().map(unescape).collect())
            }
        }
    }
}

impl<E: DeserializeError> Deserr<E> for Json {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, _: ValuePointerRef<'_>) -> Result<Self, E> {
        Ok(value.into())
    }
}

/// Returns the digits of a number that has no exact `deserr` value, or the value.
pub(crate) fn digits<V: IntoValue>(value: Value<V>) -> Result<String, Value<V>> {
    match value {
        Value::Map(mut members) if members.len() == 1 => match members.remove(DIGITS).map(IntoValue::into_value) {
            Some(Value::String(digits)) => Ok(digits),
            // No other value has this name: see `DIGITS`.
            Some(other) => Err(other),
            None => Err(Value::Map(members)),
        },
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use deserr::{IntoValue, Value};

    use super::{super::parse, DIGITS, Json, digits};

    #[test]
    fn numbers_keep_their_digits() {
        for text in [
            "89490200001234567890",
            "-89490200001234567890",
            "1",
            "-1",
            "0",
            "-0",
            "1.0",
            "1.50",
            "1e2",
            "1E+2",
            "0.1",
            "0.1000000000000000055511151231257827",
            "18446744073709551615",
            "18446744073709551616",
            "9007199254740993",
            "-9223372036854775808",
            "-9223372036854775809",
            "1e-400",
            "123456789.123456789123456789",
        ] {
            let body = format!("{{ \"a\\\"1\" : [ {text}, \"2\", {{\"b\":{text}}} ], \"c\": {text} }}");
            let tree = parse(&body.into()).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
            let wanted = format!("{{\"a\\\"1\":[{text},\"2\",{{\"b\":{text}}}],\"c\":{text}}}");
            assert_eq!(tree.to_string(), wanted);
            assert_eq!(Json::from(tree.into_value()).to_string(), wanted, "through deserr");
        }
    }

    #[test]
    fn object_is_not_mistaken_for_a_number() {
        let name = serde_json::to_string(DIGITS).expect("JSON");
        for body in
            [format!("{{{name}:\"12\"}}"), format!("{{{name}:{{{name}:1.50}}}}"), format!("{{\"a\":1,{name}:2}}")]
        {
            let tree = parse(&body.clone().into()).expect("JSON");
            assert!(digits(tree.clone().into_value()).is_err(), "{body}");
            assert_eq!(Json::from(tree.clone().into_value()), tree, "{body}");
        }
        assert_eq!(digits(Json::Number("1.50".to_owned()).into_value()).ok(), Some("1.50".to_owned()));
        assert!(matches!(Json::Number("1.5".to_owned()).into_value(), Value::Float(_)));
    }
}
