//! Lambda's filter patterns for event source mappings, as far as ours use them: exact values, `prefix` and `exists`.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// A filter pattern. It is parsed strictly, so that the local stack never reads a pattern differently from AWS.
#[derive(Debug, PartialEq)]
pub struct Filter(Node);

#[derive(Debug, PartialEq)]
enum Node {
    /// Every field must match.
    Fields(Vec<(String, Node)>),
    /// One condition must match.
    AnyOf(Vec<Condition>),
}

#[derive(Debug, PartialEq)]
enum Condition {
    Equals(Value),
    Prefix(String),
    Exists(bool),
}

impl Filter {
    /// Parses a pattern.
    ///
    /// # Errors
    /// When it is not JSON, or uses a condition other than an exact value, `prefix` and `exists`.
    pub fn parse(pattern: &str) -> Result<Self> {
        let value = serde_json::from_str(pattern).with_context(|| format!("`{pattern}` is not JSON"))?;
        let node = Node::parse(&value).with_context(|| format!("`{pattern}` cannot be evaluated here"))?;
        ensure!(matches!(node, Node::Fields(_)), "`{pattern}` must be an object");
        Ok(Self(node))
    }

    /// Whether a record matches.
    #[must_use]
    pub fn matches(&self, record: &Value) -> bool {
        self.0.matches(Some(record))
    }
}

impl Node {
    fn parse(value: &Value) -> Result<Self> {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, node)| Ok((name.clone(), Self::parse(node)?)));
                fields.collect::<Result<_>>().map(Self::Fields)
            }
            Value::Array(conditions) => conditions.iter().map(Condition::parse).collect::<Result<_>>().map(Self::AnyOf),
            other => bail!("{other} must be in a list"),
        }
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Fields(fields) => {
                fields.iter().all(|(name, node)| node.matches(value.and_then(|value| value.get(name))))
            }
            Self::AnyOf(conditions) => conditions.iter().any(|condition| condition.matches(value)),
        }
    }
}

impl Condition {
    fn parse(value: &Value) -> Result<Self> {
        let Value::Object(operator) = value else {
            ensure!(!value.is_array(), "{value} is a list in a list");
            return Ok(Self::Equals(value.clone()));
        };
        match operator.iter().collect::<Vec<_>>().as_slice() {
            [(name, Value::String(prefix))] if *name == "prefix" => Ok(Self::Prefix(prefix.clone())),
            [(name, Value::Bool(exists))] if *name == "exists" => Ok(Self::Exists(*exists)),
            _ => bail!("{value} must be an exact value, `prefix` or `exists`"),
        }
    }

    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Equals(wanted) => value == Some(wanted),
            Self::Prefix(prefix) => value.and_then(Value::as_str).is_some_and(|text| text.starts_with(prefix)),
            // AWS looks at leaves only: an object does not count as existing.
            Self::Exists(exists) => value.is_some_and(|value| !value.is_object()) == *exists,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Filter;

    fn matches(pattern: &str, record: &serde_json::Value) -> bool {
        Filter::parse(pattern).expect("a pattern").matches(record)
    }

    #[test]
    fn exact_values_match_only_themselves() {
        let record = json!({ "a": "x", "n": 1 });
        assert!(matches(r#"{"a":["w","x"],"n":[1]}"#, &record));
        for pattern in [r#"{"a":["X"]}"#, r#"{"a":["x"],"n":[2]}"#, r#"{"n":["1"]}"#, r#"{"b":["x"]}"#, r#"{"a":[]}"#] {
            assert!(!matches(pattern, &record), "{pattern}");
        }
    }

    #[test]
    fn prefix_matches_the_start_of_a_text() {
        let record = json!({ "a": { "S": "W#1" }, "n": 1 });
        assert!(matches(r#"{"a":{"S":[{"prefix":"W#"}]}}"#, &record));
        for pattern in [r#"{"a":{"S":[{"prefix":"1"}]}}"#, r#"{"n":[{"prefix":"1"}]}"#, r#"{"b":[{"prefix":""}]}"#] {
            assert!(!matches(pattern, &record), "{pattern}");
        }
    }

    #[test]
    fn exists_looks_at_leaves() {
        let record = json!({ "a": { "S": "x" }, "b": null });
        for pattern in [
            r#"{"a":{"S":[{"exists":true}]}}"#,
            r#"{"b":[{"exists":true}]}"#,
            r#"{"c":{"S":[{"exists":false}]}}"#,
            r#"{"a":{"N":[{"exists":false}]}}"#,
        ] {
            assert!(matches(pattern, &record), "{pattern}");
        }
        for pattern in [r#"{"a":[{"exists":true}]}"#, r#"{"c":{"S":[{"exists":true}]}}"#, r#"{"b":[{"exists":false}]}"#]
        {
            assert!(!matches(pattern, &record), "{pattern}");
        }
    }

    #[test]
    fn unknown_conditions_are_refused() {
        for pattern in [
            "{",
            "[1]",
            r#"{"a":"x"}"#,
            r#"{"a":[["x"]]}"#,
            r#"{"a":[{"numeric":["=",1]}]}"#,
            r#"{"a":[{"prefix":1}]}"#,
            r#"{"a":[{"prefix":"x","exists":true}]}"#,
            r#"{"a":[{"anything-but":["x"]}]}"#,
        ] {
            assert!(Filter::parse(pattern).is_err(), "{pattern}");
        }
    }
}
