//! Builds condition expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::Precondition;

use crate::expression::{Update, number};

/// The names and values of the placeholders in expressions; `None` where there are none, as the SDK wants it.
pub(crate) type Placeholders = (Option<HashMap<String, String>>, Option<HashMap<String, AttributeValue>>);

/// A condition under which an item is written: parts that must all hold.
#[derive(Debug, Default, Clone)]
pub(crate) struct Condition {
    parts: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// Nothing has to hold.
    pub fn none() -> Self {
        Self::default()
    }

    /// The item does not exist.
    pub fn absent() -> Self {
        Self::raw("attribute_not_exists(pk)")
    }

    /// The item exists.
    pub fn exists() -> Self {
        Self::raw("attribute_exists(pk)")
    }

    /// An expression that uses the names and values of the update beside it, or none.
    pub fn raw(expression: impl Into<String>) -> Self {
        Self { parts: vec![expression.into()], ..Self::default() }
    }

    /// The attribute has this value.
    pub fn equals(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} = {value}"))
    }

    /// The attribute has another value, or none.
    pub fn differs(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} <> {value}"))
    }

    /// The attribute has a smaller value.
    pub fn less_than(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} < {value}"))
    }

    /// The attribute has a value.
    pub fn present(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.and(format!("attribute_exists({name})"))
    }

    /// The attribute has no value.
    pub fn missing(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.and(format!("attribute_not_exists({name})"))
    }

    /// The attribute has this value, or, for `None`, has no value.
    pub fn equals_or_missing(self, attribute: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.equals(attribute, value),
            None => self.missing(attribute),
        }
    }

    /// The item is in a version that the precondition allows.
    pub fn version(mut self, precondition: &Precondition) -> Self {
        let Some(versions) = precondition.versions() else { return self };
        let name = self.name("version");
        let versions: Vec<_> = versions.iter().map(|version| self.value(number(version))).collect();
        // An empty list is a syntax error; no version is negative.
        let versions = if versions.is_empty() { self.value(number(-1)) } else { versions.join(", ") };
        self.and(format!("{name} IN ({versions})"))
    }

    /// Adds a part of one's own.
    pub fn and(mut self, part: String) -> Self {
        self.parts.push(part);
        self
    }

    /// Returns the placeholder of an attribute's name.
    pub fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// Returns the placeholder of a value.
    pub fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":c{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Returns the expression; `None` when nothing has to hold.
    pub fn expression(&self) -> Option<String> {
        (!self.parts.is_empty()).then(|| self.parts.join(" AND "))
    }

    /// Returns the names and values, together with those of an update.
    pub fn placeholders(self, update: Update) -> Placeholders {
        let (mut names, mut values) = (update.names, update.values);
        names.extend(self.names);
        values.extend(self.values);
        ((!names.is_empty()).then_some(names), (!values.is_empty()).then_some(values))
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::Precondition;

    use super::Condition;
    use crate::expression::{Update, text};

    #[test]
    fn parts_are_joined_with_and() {
        let condition = Condition::exists().missing("deletedAt").equals("status", text("open"));
        assert_eq!(
            condition.expression().as_deref(),
            Some("attribute_exists(pk) AND attribute_not_exists(#deletedAt) AND #status = :c0")
        );
        assert_eq!(Condition::none().expression(), None);
    }

    #[test]
    fn versions_become_a_list() {
        let of = |precondition: &Precondition| Condition::none().version(precondition).expression();
        assert_eq!(of(&Precondition::NONE), None);
        assert_eq!(of(&Precondition::any_of(vec![1, 2])).as_deref(), Some("#version IN (:c0, :c1)"));
        assert_eq!(of(&Precondition::any_of(Vec::new())).as_deref(), Some("#version IN (:c0)"));
    }

    #[test]
    fn placeholders_include_those_of_the_update() {
        let mut update = Update::default();
        update.set("subject", text("Hi"));
        let (names, values) = Condition::none().equals("status", text("open")).placeholders(update);
        assert_eq!(names.map(|names| names.len()), Some(2));
        assert_eq!(values.map(|values| values.len()), Some(2));
        assert_eq!(Condition::none().placeholders(Update::default()), (None, None));
    }
}
