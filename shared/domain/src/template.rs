//! Templates: texts with variables that are filled in from a conversation.
//!
//! A template has variables such as `{{customer.name}}`, and nothing else: no expressions and no escapes. Template crates
//! either add expressions, loops and filters (`minijinja`, `handlebars`, `upon`) or use other delimiters (`leon`), and none
//! reports the position of an error in characters.

use std::borrow::Cow;

use utoipa::openapi::{RefOr, Schema};

use crate::{
    Conversation, Invalid, MessageBody, TemplateVariable,
    text::{Lines, check, pattern, schema, string_type},
};

/// A text with variables such as `{{customer.name}}`: see [`TemplateVariable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// The names of what a conversation refers to. A missing name is filled in as an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateNames {
    /// The name of the assigned member.
    pub assignee: Option<String>,
    /// The name of the inbox.
    pub inbox: Option<String>,
    /// The name of the workspace.
    pub workspace: Option<String>,
}

impl Template {
    /// The most characters (Unicode scalar values).
    pub const MAX: usize = MessageBody::MAX;

    /// Checks length, characters and every variable.
    ///
    /// # Errors
    /// When the text is empty, blank or too long, has control characters, or has an unknown or unclosed variable. The message
    /// gives the position of the variable in characters, counted from 1.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        check(&text, Self::MAX, Lines::Many)?;
        parts(&text).try_for_each(|part| part.map(drop))?;
        Ok(Self(text))
    }

    /// Returns whether the template uses this variable.
    #[must_use]
    pub fn names(&self, variable: TemplateVariable) -> bool {
        parts(&self.0).any(|part| part == Ok(Part::Variable(variable)))
    }

    /// Fills in the variables from a conversation. Variables in the values are not filled in.
    #[must_use]
    pub fn render(&self, conversation: &Conversation, names: &TemplateNames) -> String {
        let mut text = String::with_capacity(self.0.len());
        for part in parts(&self.0) {
            match part {
                Ok(Part::Text(part)) => text.push_str(part),
                Ok(Part::Variable(variable)) => text.push_str(&value(variable, conversation, names)),
                // `parse` accepts only known variables.
                Err(_) => {}
            }
        }
        text
    }

    /// Fills in the variables and returns the body of a message.
    ///
    /// # Errors
    /// When the text with its values is empty or too long.
    pub fn body(&self, conversation: &Conversation, names: &TemplateNames) -> Result<MessageBody, Invalid> {
        MessageBody::parse(self.render(conversation, names)).map_err(|invalid| {
            let message = format!("gives an invalid text for this conversation: it {}", invalid.message);
            Invalid::new(invalid.code, message)
        })
    }

    fn schema() -> RefOr<Schema> {
        let variables: Vec<_> = TemplateVariable::ALL.iter().map(|variable| format!("`{{{{{variable}}}}}`")).collect();
        let description = format!(
            "A text of 1 to 8,000 characters, with variables. Line breaks and tabs are allowed. Variables: {}.",
            variables.join(", ")
        );
        schema(&description, Self::MAX, pattern(Lines::Many))
    }
}

string_type!(Template, schema = Template::schema());

fn value<'v>(variable: TemplateVariable, conversation: &'v Conversation, names: &'v TemplateNames) -> Cow<'v, str> {
    use TemplateVariable as V;
    let customer = &conversation.customer;
    let details = &customer.details;
    let known = match variable {
        V::CustomerId => Some(customer.id.as_str()),
        V::CustomerName => details.name.as_ref().map(crate::PersonName::as_str),
        V::CustomerEmail => details.email.as_ref().map(crate::Email::as_str),
        V::CustomerPhone => details.phone.as_ref().map(crate::PhoneNumber::as_str),
        V::CustomerCompany => details.company.as_ref().map(crate::CompanyName::as_str),
        V::ConversationId => return Cow::Owned(conversation.id.to_string()),
        V::ConversationNumber => return Cow::Owned(conversation.number.to_string()),
        V::ConversationSubject => Some(conversation.subject.as_str()),
        V::ConversationChannel => Some(conversation.channel().as_str()),
        V::AssigneeName => names.assignee.as_deref(),
        V::InboxName => names.inbox.as_deref(),
        V::WorkspaceName => names.workspace.as_deref(),
    };
    Cow::Borrowed(known.unwrap_or_default())
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Variable(TemplateVariable),
}

/// Splits a text into plain parts and variables.
fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, Invalid>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let Some(inside) = rest.strip_prefix("{{") else {
            let end = rest.find("{{").unwrap_or(rest.len());
            at += end;
            return Some(Ok(Part::Text(&rest[..end])));
        };
        let position = text[..at].chars().count() + 1;
        let Some(end) = inside.find("}}").filter(|&end| !inside[..end].contains("{{")) else {
            at = text.len();
            let message = format!("has `{{{{` at character {position} without a closing `}}}}`");
            return Some(Err(Invalid::new("unclosed_variable", message)));
        };
        at += "{{".len() + end + "}}".len();
        Some(TemplateVariable::parse(inside[..end].trim()).map(Part::Variable).map_err(|invalid| {
            let shown: String = inside[..end].trim().chars().take(40).collect();
            let message =
                format!("has the unknown variable `{{{{{shown}}}}}` at character {position}. It {}", invalid.message);
            Invalid::new("unknown_variable", message)
        }))
    })
}
