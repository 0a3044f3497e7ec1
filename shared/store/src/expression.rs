//! Builds update expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Assign, FieldChange, Identifier};

use crate::packed::pack;

/// An update expression, built one attribute at a time. Every attribute name is a placeholder, because DynamoDB reserves
/// about 600 words.
#[derive(Debug, Default, Clone)]
pub(crate) struct Update {
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    delete: Vec<String>,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Adds an attribute name and returns its placeholder.
    pub fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// Adds a value and returns its placeholder, `:` and `name`.
    pub fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{name}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Sets the attribute.
    pub fn set(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(attribute, value));
        self.set.push(format!("{name} = {value}"));
    }

    /// Sets an attribute inside of others, and returns the expression of its path.
    pub fn set_path(&mut self, path: &[&str], value: AttributeValue) -> String {
        let path = path.iter().map(|attribute| self.name(attribute)).collect::<Vec<_>>().join(".");
        let value = self.value("new", value);
        self.set.push(format!("{path} = {value}"));
        path
    }

    /// Sets the attribute, with placeholders named `alias`: for names that a placeholder cannot have.
    pub fn set_as(&mut self, alias: &str, attribute: &str, value: AttributeValue) {
        let value = self.value(alias, value);
        self.names.insert(format!("#{alias}"), attribute.to_owned());
        self.set.push(format!("#{alias} = {value}"));
    }

    /// Removes the attribute, with a placeholder named `alias`.
    pub fn remove_as(&mut self, alias: &str, attribute: &str) {
        self.names.insert(format!("#{alias}"), attribute.to_owned());
        self.remove.push(format!("#{alias}"));
    }

    /// Sets the attribute to the value of another attribute.
    pub fn copy(&mut self, attribute: &str, from: &str) {
        let (name, from) = (self.name(attribute), self.name(from));
        self.set.push(format!("{name} = {from}"));
    }

    /// Applies an [`Assign`] to the attribute.
    pub fn assign<T>(&mut self, attribute: &str, change: &Assign<T>, value: impl FnOnce(&T) -> AttributeValue) {
        match change {
            Assign::Keep => {}
            Assign::Clear => self.remove(attribute),
            Assign::Set(new) => self.set(attribute, value(new)),
            Assign::SetIfEmpty(new) => self.set_if_empty(attribute, value(new)),
        }
    }

    /// Applies a [`FieldChange`] to the attribute.
    pub fn change<T>(&mut self, attribute: &str, change: FieldChange<T>, value: impl FnOnce(&T) -> AttributeValue) {
        self.assign(attribute, &change.into(), value);
    }

    /// Sets the attribute unless it exists.
    pub fn set_if_empty(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(attribute, value));
        self.set.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    /// Adds to a number. A missing attribute counts as 0.
    pub fn add(&mut self, attribute: &str, amount: u64) {
        let amount = AttributeValue::N(amount.to_string());
        let (name, value) = (self.name(attribute), self.value(&format!("add_{attribute}"), amount));
        self.add.push(format!("{name} {value}"));
    }

    /// Adds 1 to a number. A missing attribute counts as 1.
    pub fn increment_from_one(&mut self, attribute: &str) {
        let (name, one) = (self.name(attribute), self.value("one", number(1)));
        self.set.push(format!("{name} = if_not_exists({name}, {one}) + {one}"));
    }

    /// Adds a signed amount to a number. A missing attribute counts as 0.
    pub fn add_signed(&mut self, attribute: &str, amount: i64) {
        let (name, value) = (self.name(attribute), self.value(&format!("add_{attribute}"), number(amount)));
        self.add.push(format!("{name} {value}"));
    }

    /// Adds to a set. A missing attribute counts as an empty one.
    pub fn add_to_set(&mut self, attribute: &str, elements: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(&format!("add_{attribute}"), elements));
        self.add.push(format!("{name} {value}"));
    }

    /// Removes elements from a set. A set without elements is removed.
    pub fn delete_from_set(&mut self, attribute: &str, elements: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(&format!("delete_{attribute}"), elements));
        self.delete.push(format!("{name} {value}"));
    }

    /// Removes the attribute.
    pub fn remove(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.remove.push(name);
    }

    /// Returns the update expression.
    pub fn expression(&self) -> String {
        [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove), ("DELETE", &self.delete)]
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(verb, parts)| format!("{verb} {}", parts.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Returns a string attribute value.
#[expect(clippy::needless_pass_by_value, reason = "ids are passed by value, texts by reference")]
pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// Returns a string attribute value, as [`text`], for use as a callback that takes a reference.
pub(crate) fn text_of<T: ToString>(value: &T) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// Returns an id as a string attribute value, in its stored form.
pub(crate) fn packed_id(value: impl Identifier) -> AttributeValue {
    AttributeValue::S(pack(value))
}

/// Returns an id as [`packed_id`] does, for use as a callback that takes a reference.
pub(crate) fn packed_id_of<I: Identifier>(value: &I) -> AttributeValue {
    packed_id(*value)
}

/// Returns a number attribute value.
#[expect(clippy::needless_pass_by_value, reason = "numbers are passed by value")]
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
