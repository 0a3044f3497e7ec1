//! Templates: texts with variables that are filled in from a conversation.

mod parts;

use std::borrow::Cow;

use utoipa::openapi::{RefOr, Schema};

use parts::{Part, parts};

use crate::{
    Conversation, Invalid, MessageBody, TemplateVariable,
    text::{Lines, check, pattern, schema, string_type},
};

/// A text with variables such as `{{customer.name}}`: see [`TemplateVariable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// The names of what a conversation refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateNames {
    /// The name of the assigned member.
    pub assignee: Option<String>,
    /// The name of the inbox.
    pub inbox: Option<String>,
    /// The name of the workspace.
    pub workspace: Option<String>,
}

/// A template with the values of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// The variables that have neither a value nor a fallback. The text has nothing in their places.
    pub missing: Vec<TemplateVariable>,
}

impl Template {
    /// The most characters (Unicode scalar values).
    pub const MAX: usize = MessageBody::MAX;

    /// Checks length, characters and every variable.
    ///
    /// # Errors
    /// When the text is empty, blank or too long, has control characters, or has an unknown or unclosed variable or an unknown
    /// filter. The message gives the position of the braces in characters, counted from 1.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        check(&text, Self::MAX, Lines::Many)?;
        parts(&text).try_for_each(|part| part.map(drop))?;
        Ok(Self(text))
    }

    /// Returns whether the template uses this variable.
    #[must_use]
    pub fn names(&self, variable: TemplateVariable) -> bool {
        parts(&self.0).any(|part| matches!(part, Ok(Part::Variable(used, _)) if used == variable))
    }

    /// Fills in the variables from a conversation. Variables in the values are not filled in. A variable without a value and
    /// without a fallback is left out, and named in the result.
    #[must_use]
    pub fn render(&self, conversation: &Conversation, names: &TemplateNames) -> Rendered {
        let mut rendered = Rendered { text: String::with_capacity(self.0.len()), missing: Vec::new() };
        // `parse` accepts only valid parts.
        for part in parts(&self.0).flatten() {
            match part {
                Part::Text(part) => rendered.text.push_str(&part),
                Part::Variable(variable, fallback) => match value(variable, conversation, names).or(fallback) {
                    Some(value) => rendered.text.push_str(&value),
                    None if rendered.missing.contains(&variable) => {}
                    None => rendered.missing.push(variable),
                },
            }
        }
        rendered
    }

    /// Fills in the variables and returns the body of a message.
    ///
    /// # Errors
    /// When a variable has neither a value nor a fallback, or when the text with its values is blank or too long.
    pub fn body(&self, conversation: &Conversation, names: &TemplateNames) -> Result<MessageBody, Invalid> {
        let Rendered { text, missing } = self.render(conversation, names);
        if let Some(first) = missing.first() {
            let all: Vec<_> = missing.iter().map(|variable| format!("{{{{{variable}}}}}")).collect();
            let message = format!(
                "uses {}, which has no value in this conversation. Give it a fallback in the predefined message, such as \
                 {{{{{first} | default: \"there\"}}}}",
                all.join(", ")
            );
            return Err(Invalid::new("missing_value", message));
        }
        MessageBody::parse(text).map_err(|invalid| {
            let message = format!("gives an invalid text for this conversation: it {}", invalid.message);
            Invalid::new(invalid.code, message)
        })
    }

    fn schema() -> RefOr<Schema> {
        let variables: Vec<_> = TemplateVariable::ALL.iter().map(|variable| format!("`{{{{{variable}}}}}`")).collect();
        let description = format!(
            "A text of 1 to 8,000 characters, with variables. Line breaks and tabs are allowed. Variables: {}. A fallback for a \
             missing value: `{{{{customer.name | default: \"there\"}}}}`. To write `{{{{` as a text: `{{{{\"{{{{\"}}}}`.",
            variables.join(", ")
        );
        schema(&description, Self::MAX, pattern(Lines::Many))
    }
}

string_type!(Template, schema = Template::schema());

fn value<'v>(
    variable: TemplateVariable,
    conversation: &'v Conversation,
    names: &'v TemplateNames,
) -> Option<Cow<'v, str>> {
    use TemplateVariable as V;
    let customer = &conversation.customer;
    let details = &customer.details;
    let known = match variable {
        V::CustomerId => Some(customer.id.as_str()),
        V::CustomerName => details.name.as_ref().map(crate::PersonName::as_str),
        V::CustomerEmail => details.email.as_ref().map(crate::Email::as_str),
        V::CustomerPhone => details.phone.as_ref().map(crate::PhoneNumber::as_str),
        V::CustomerCompany => details.company.as_ref().map(crate::CompanyName::as_str),
        V::ConversationId => return Some(Cow::Owned(conversation.id.to_string())),
        V::ConversationNumber => return Some(Cow::Owned(conversation.number.to_string())),
        V::ConversationSubject => Some(conversation.subject.as_str()),
        V::ConversationChannel => Some(conversation.channel().as_str()),
        V::AssigneeName => names.assignee.as_deref(),
        V::InboxName => names.inbox.as_deref(),
        V::WorkspaceName => names.workspace.as_deref(),
    };
    known.map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::{Rendered, Template, TemplateNames};
    use crate::{Channel, PersonName, TemplateVariable, fixtures};

    fn render(text: &str, has_name: bool) -> Rendered {
        let mut conversation = fixtures::conversation_on(Channel::Email);
        conversation.customer.details.name = PersonName::parse("Ada".to_owned()).ok().filter(|_| has_name);
        let template = Template::parse(text.to_owned()).unwrap_or_else(|refused| panic!("{text}: {refused}"));
        template
            .render(&conversation, &TemplateNames { assignee: Some("Grace".to_owned()), ..TemplateNames::default() })
    }

    #[test]
    fn fallback_replaces_a_missing_value() {
        for text in [
            "Hello {{customer.name | default: \"there\"}}!",
            "Hello {{customer.name|default:'there'}}!",
            "Hello {{ customer.name\n| default : \"there\" }}!",
        ] {
            assert_eq!(
                render(text, false),
                Rendered { text: "Hello there!".to_owned(), missing: Vec::new() },
                "{text}"
            );
        }
        assert_eq!(render("{{customer.name | default: \"{{x}} \\\"\\\\\"}}", false).text, "{{x}} \"\\");
        assert_eq!(render("a{{customer.name | default: \"\"}}", false).missing, []);
        assert_eq!(render("{{assignee.name | default: \"us\"}}", true).text, "Grace");
    }

    #[test]
    fn missing_value_is_named() {
        let rendered = render("Hello {{customer.name}}, {{customer.name}} of {{inbox.name}}", false);
        assert_eq!(rendered.text, "Hello ,  of ");
        assert_eq!(rendered.missing, [TemplateVariable::CustomerName, TemplateVariable::InboxName]);
        let template = Template::parse("Hello {{customer.name}}".to_owned()).expect("a template");
        let conversation = fixtures::conversation_on(Channel::Email);
        let refused = template.body(&conversation, &TemplateNames::default()).expect_err("no name");
        assert_eq!(refused.code, "missing_value");
        assert!(refused.message.contains("{{customer.name | default: \"there\"}}"), "{}", refused.message);
    }

    #[test]
    fn braces_can_be_written() {
        for (text, shown) in [
            ("{{\"{{\"}}1}}", "{{1}}"),
            ("{{\"{{1}}\"}}", "{{1}}"),
            ("{{ '{{' }}", "{{"),
            ("a}} {b} {{'\\''}}", "a}} {b} '"),
        ] {
            assert_eq!(render(text, true).text, shown, "{text}");
        }
    }

    #[test]
    fn refusal_shows_the_right_syntax() {
        for (text, code, part) in [
            ("{{1}}", "unknown_variable", "write {{\"{{\"}}"),
            ("{{customer.nam}}", "unknown_variable", "Did you mean `customer.name`?"),
            ("a {{customer.name", "unclosed_variable", "at character 3"),
            ("{{\"a}}", "unknown_variable", "at character 1"),
            ("{{customer.name | upcase}}", "unknown_filter", "`upcase`"),
            ("{{customer.name | default}}", "invalid", "| default: \"there\"}}"),
            ("{{customer.name | default: there}}", "invalid", "in quotes"),
            ("{{customer.name | default: \"a\" | default: \"b\"}}", "invalid", "Remove it"),
            ("{{\"a\" \"b\"}}", "invalid", "Remove it"),
            ("{{customer.name || \"a\"}}", "unknown_filter", "The only filter is `default`"),
        ] {
            let refused = Template::parse(text.to_owned()).expect_err(text);
            assert_eq!(refused.code, code, "{text}: {}", refused.message);
            assert!(refused.message.contains(part), "{text}: {}", refused.message);
        }
    }
}
