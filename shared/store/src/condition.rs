//! Builds condition expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::Precondition;

use crate::{
    expression::{Update, number},
    item::VERSION,
};

/// The names and values of an expression's placeholders. The SDK takes `None` in place of an empty map.
type Placeholders = (Option<HashMap<String, String>>, Option<HashMap<String, AttributeValue>>);

/// A condition expression: parts that must all hold.
#[derive(Debug, Default, Clone)]
pub(crate) struct Condition {
    parts: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Condition {
    /// Always holds.
    pub fn none() -> Self {
        Self::default()
    }

    /// Holds if the item does not exist.
    pub fn absent() -> Self {
        Self::raw("attribute_not_exists(pk)")
    }

    /// Holds if the item exists.
    pub fn exists() -> Self {
        Self::raw("attribute_exists(pk)")
    }

    /// Creates a condition from an expression that uses the placeholders of the accompanying update, or none.
    pub fn raw(expression: impl Into<String>) -> Self {
        Self { parts: vec![expression.into()], ..Self::default() }
    }

    /// Requires that the attribute has this value.
    pub fn equals(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} = {value}"))
    }

    /// Requires that the attribute has a different value, or none.
    pub fn differs(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} <> {value}"))
    }

    /// Requires that the attribute has a smaller value.
    pub fn less_than(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} < {value}"))
    }

    /// Requires that the attribute has this value or a smaller one.
    pub fn at_most(mut self, attribute: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(attribute), self.value(value));
        self.and(format!("{name} <= {value}"))
    }

    /// Holds if the attribute has a smaller value, or none.
    pub fn missing_or_less_than(attribute: &str, value: AttributeValue) -> Self {
        let mut condition = Self::default();
        let (name, value) = (condition.name(attribute), condition.value(value));
        condition.and(format!("(attribute_not_exists({name}) OR {name} < {value})"))
    }

    /// Requires that the attribute exists.
    pub fn present(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.and(format!("attribute_exists({name})"))
    }

    /// Requires that the attribute does not exist.
    pub fn missing(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.and(format!("attribute_not_exists({name})"))
    }

    /// Requires that the attribute has this value; `None` requires that it does not exist.
    pub fn equals_or_missing(self, attribute: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.equals(attribute, value),
            None => self.missing(attribute),
        }
    }

    /// Requires a version that the precondition allows.
    pub fn version(mut self, precondition: &Precondition) -> Self {
        let Some(versions) = precondition.versions() else { return self };
        let name = self.name(VERSION);
        let versions: Vec<_> = versions.iter().map(|version| self.value(number(version))).collect();
        // An empty list would be a syntax error. No version is negative.
        let versions = if versions.is_empty() { self.value(number(-1)) } else { versions.join(", ") };
        self.and(format!("{name} IN ({versions})"))
    }

    /// Requires this version. Items written before versions existed have no version, which counts as 1. Use it with
    /// [`Condition::exists`].
    pub fn version_or_first(mut self, version: u64) -> Self {
        let (name, value) = (self.name(VERSION), self.value(number(version)));
        match version {
            1 => self.and(format!("({name} = {value} OR attribute_not_exists({name}))")),
            _ => self.and(format!("{name} = {value}")),
        }
    }

    /// Adds a part, written by the caller.
    pub fn and(mut self, part: String) -> Self {
        self.parts.push(part);
        self
    }

    /// Adds an attribute name and returns its placeholder.
    pub fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// Adds a value and returns its placeholder.
    pub fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":c{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Returns the expression; `None` if the condition has no parts.
    pub fn expression(&self) -> Option<String> {
        (!self.parts.is_empty()).then(|| self.parts.join(" AND "))
    }

    /// Returns the placeholders of this condition and of an update.
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
        assert_eq!(of(&Precondition::any_of(vec![1, 2])).as_deref(), Some("#v IN (:c0, :c1)"));
        assert_eq!(of(&Precondition::any_of(Vec::new())).as_deref(), Some("#v IN (:c0)"));
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
