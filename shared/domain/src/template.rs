//! Texts with gaps that a conversation fills.
//!
//! This is all there is to it: `{{name}}`, a dozen names, no escapes. The crates for templates bring expressions, loops
//! and filters (`minijinja`, `handlebars`, `upon`), which nobody shall write into a reply, or other braces (`leon`),
//! and none says at which character of a text something is wrong.

use std::borrow::Cow;

use utoipa::openapi::{RefOr, Schema};

use crate::{
    Conversation, Invalid, MessageBody, TemplateVariable,
    text::{Lines, check, pattern, schema, string_type},
};

/// A text in which `{{customer.name}}` and the other [`TemplateVariable`]s stand for what they are in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// The names that a template may need and a conversation does not hold. One that there is not is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateNames {
    /// Of the member who works on it.
    pub assignee: Option<String>,
    /// Of the inbox where it arrived.
    pub inbox: Option<String>,
    /// Of the workspace.
    pub workspace: Option<String>,
}

impl Template {
    /// The most Unicode scalar values it holds.
    pub const MAX: usize = MessageBody::MAX;

    /// Checks length, characters and every variable.
    ///
    /// # Errors
    /// When the text is empty, blank, too long or holds control characters, when it names a variable that is not known
    /// or does not close one: the refusal says at which character.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        check(&text, Self::MAX, Lines::Many)?;
        parts(&text).try_for_each(|part| part.map(drop))?;
        Ok(Self(text))
    }

    /// Whether it says this anywhere.
    #[must_use]
    pub fn names(&self, variable: TemplateVariable) -> bool {
        parts(&self.0).any(|part| part == Ok(Part::Variable(variable)))
    }

    /// The text for one conversation. What stands for a variable is not looked through for others.
    #[must_use]
    pub fn render(&self, conversation: &Conversation, names: &TemplateNames) -> String {
        let mut text = String::with_capacity(self.0.len());
        for part in parts(&self.0) {
            match part {
                Ok(Part::Text(part)) => text.push_str(part),
                Ok(Part::Variable(variable)) => text.push_str(&value(variable, conversation, names)),
                // `parse` lets none pass.
                Err(_) => {}
            }
        }
        text
    }

    /// The body of a message to one conversation.
    ///
    /// # Errors
    /// When the text is empty or too long, now that it is filled.
    pub fn body(&self, conversation: &Conversation, names: &TemplateNames) -> Result<MessageBody, Invalid> {
        MessageBody::parse(self.render(conversation, names)).map_err(|invalid| {
            let message = format!("makes a text for this conversation that {}", invalid.message);
            Invalid::new(invalid.code, message)
        })
    }

    fn schema() -> RefOr<Schema> {
        let variables: Vec<_> = TemplateVariable::ALL.iter().map(|variable| format!("`{{{{{variable}}}}}`")).collect();
        let description = format!(
            "A text of 1 to 8,000 characters, line breaks and tabs allowed, with variables: {}.",
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

/// Takes a text apart at its braces.
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
            let message = format!("has {{{{ at character {position} without its }}}}");
            return Some(Err(Invalid::new("unclosed_variable", message)));
        };
        at += "{{".len() + end + "}}".len();
        Some(TemplateVariable::parse(inside[..end].trim()).map(Part::Variable).map_err(|known| {
            let shown: String = inside[..end].trim().chars().take(40).collect();
            let message = format!("has {{{{{shown}}}}} at character {position}; a variable {}", known.message);
            Invalid::new("unknown_variable", message)
        }))
    })
}
