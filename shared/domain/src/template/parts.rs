//! The syntax of templates.

use std::borrow::Cow;

use crate::{Invalid, TemplateVariable};

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// A text, as it is.
    Text(Cow<'t, str>),
    /// A variable, and the text to use when it has no value.
    Variable(TemplateVariable, Option<Cow<'t, str>>),
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
/// The only filter.
const DEFAULT: &str = "default";
const DEFAULT_EXAMPLE: &str = "{{customer.name | default: \"there\"}}";
const ESCAPE_EXAMPLE: &str = "To keep the braces as a text, write {{\"{{\"}}";
/// The most characters of a template's text that an error repeats.
const SHOWN: usize = 40;

/// Splits a template into its parts:
///
/// ```text
/// template = *( text / "{{" expression "}}" )
/// expression = variable [ "|" "default" ":" string ] / string
/// string = in double or single quotes, with a backslash before a quote and a backslash in it
/// ```
pub(super) fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, Invalid>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let Some(inside) = rest.strip_prefix(OPEN) else {
            let end = rest.find(OPEN).unwrap_or(rest.len());
            at += end;
            return Some(Ok(Part::Text(Cow::Borrowed(&rest[..end]))));
        };
        let position = text[..at].chars().count() + 1;
        let Some(end) = end_of(inside) else {
            at = text.len();
            let message = format!("has `{{{{` at character {position} without a closing `}}}}`. {ESCAPE_EXAMPLE}");
            return Some(Err(Invalid::new("unclosed_variable", message)));
        };
        at += OPEN.len() + end + CLOSE.len();
        Some(expression(inside[..end].trim(), position))
    })
}

/// Returns where the expression ends. Braces in a string do not count.
fn end_of(inside: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = &inside[at..];
        let next = rest.find(['"', '\'', '{', '}'])?;
        at += next;
        let rest = &inside[at..];
        if rest.starts_with(CLOSE) {
            return Some(at);
        }
        if rest.starts_with(OPEN) {
            return None;
        }
        // A quote that does not begin a string is reported as a part of the expression.
        at += string(rest).map_or(1, |(_, length)| length);
    }
}

fn expression(inside: &str, position: usize) -> Result<Part<'_>, Invalid> {
    if let Some((literal, length)) = string(inside) {
        if length < inside.len() {
            return Err(unexpected(&inside[length..], position));
        }
        return Ok(Part::Text(literal));
    }
    let (name, filter) = match inside.split_once('|') {
        Some((name, filter)) => (name.trim(), Some(filter.trim())),
        None => (inside, None),
    };
    let variable = TemplateVariable::parse(name).map_err(|invalid| {
        let shown: String = name.chars().take(SHOWN).collect();
        let end = if invalid.message.ends_with('?') { "" } else { "." };
        let message = format!(
            "has the unknown variable `{{{{{shown}}}}}` at character {position}. It {}{end} {ESCAPE_EXAMPLE}",
            invalid.message
        );
        Invalid::new("unknown_variable", message)
    })?;
    let Some(filter) = filter else { return Ok(Part::Variable(variable, None)) };
    let (word, argument) = filter.split_once(':').unwrap_or((filter, ""));
    if word.trim() != DEFAULT {
        let shown: String = word.trim().chars().take(SHOWN).collect();
        let message = format!(
            "has the unknown filter `{shown}` at character {position}. The only filter is `{DEFAULT}`, as in {DEFAULT_EXAMPLE}"
        );
        return Err(Invalid::new("unknown_filter", message));
    }
    let argument = argument.trim();
    match string(argument) {
        Some((text, length)) if length == argument.len() => Ok(Part::Variable(variable, Some(text))),
        Some((_, length)) => Err(unexpected(&argument[length..], position)),
        None => {
            let message = format!(
                "has a `{DEFAULT}` without a text in quotes at character {position}. Write it as in {DEFAULT_EXAMPLE}"
            );
            Err(Invalid::new("invalid", message))
        }
    }
}

fn unexpected(rest: &str, position: usize) -> Invalid {
    let shown: String = rest.trim().chars().take(SHOWN).collect();
    Invalid::new(
        "invalid",
        format!("has `{shown}` after a text in quotes in the braces at character {position}. Remove it"),
    )
}

/// Parses the string at the beginning of a text. Returns its content and its length with the quotes; `None` if there is none.
fn string(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            _ if c == quote => {
                let is_plain = content.len() == at - 1;
                let content = if is_plain { Cow::Borrowed(&text[1..at]) } else { Cow::Owned(content) };
                return Some((content, at + 1));
            }
            '\\' => match characters.next()? {
                (_, escaped @ ('"' | '\'' | '\\')) => content.push(escaped),
                (_, other) => content.extend([c, other]),
            },
            _ => content.push(c),
        }
    }
    None
}
