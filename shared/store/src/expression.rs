//! Puts update expressions together.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Assign, FieldChange};

/// The parts of an `UpdateItem`, collected one attribute at a time. Every attribute's name goes through a placeholder,
/// since DynamoDB reserves some six hundred words.
#[derive(Debug, Default, Clone)]
pub(crate) struct Update {
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    pub names: HashMap<String, String>,
    pub values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Names an attribute for use in a condition.
    pub fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// Names a value for use in a condition.
    pub fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{name}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    pub fn set(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(attribute, value));
        self.set.push(format!("{name} = {value}"));
    }

    /// Sets the attribute to what another one holds.
    pub fn copy(&mut self, attribute: &str, from: &str) {
        let (name, from) = (self.name(attribute), self.name(from));
        self.set.push(format!("{name} = {from}"));
    }

    /// Does to the attribute what `change` says.
    pub fn assign<T>(&mut self, attribute: &str, change: &Assign<T>, value: impl FnOnce(&T) -> AttributeValue) {
        match change {
            Assign::Keep => {}
            Assign::Clear => self.remove(attribute),
            Assign::Set(new) => self.set(attribute, value(new)),
            Assign::SetIfEmpty(new) => self.set_if_empty(attribute, value(new)),
        }
    }

    /// Sets or removes the attribute, or leaves it.
    pub fn edit<T>(&mut self, attribute: &str, edit: FieldChange<T>, value: impl FnOnce(&T) -> AttributeValue) {
        self.assign(attribute, &edit.into(), value);
    }

    /// Sets the attribute unless it has a value.
    pub fn set_if_empty(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(attribute, value));
        self.set.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    pub fn add(&mut self, attribute: &str, amount: u64) {
        let amount = AttributeValue::N(amount.to_string());
        let (name, value) = (self.name(attribute), self.value(&format!("add_{attribute}"), amount));
        self.add.push(format!("{name} {value}"));
    }

    /// Adds an amount that may be below zero.
    pub fn shift(&mut self, attribute: &str, amount: i64) {
        let (name, value) = (self.name(attribute), self.value(&format!("add_{attribute}"), number(amount)));
        self.add.push(format!("{name} {value}"));
    }

    /// Adds a text to a set of texts, which is made if it is not there.
    pub fn add_to_set(&mut self, attribute: &str, text: String) {
        let name = self.name(attribute);
        let value = self.value(&format!("add_{attribute}"), AttributeValue::Ss(vec![text]));
        self.add.push(format!("{name} {value}"));
    }

    pub fn remove(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.remove.push(name);
    }

    /// The update expression itself.
    pub fn expression(&self) -> String {
        [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove)]
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(verb, parts)| format!("{verb} {}", parts.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[expect(clippy::needless_pass_by_value, reason = "ids are copied, texts borrowed: either is handed over as it is")]
pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// The same for a value that is borrowed.
pub(crate) fn text_of<T: ToString>(value: &T) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "numbers are copied")]
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
