//! Text types: strings with a limited length and without control characters.

use std::borrow::Cow;

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::Invalid;

/// The control characters that a text may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// None.
    One,
    /// Line feed, carriage return and tab.
    Many,
}

/// Checks the rules that all text types share: the length in Unicode scalar values, no other control characters, and not
/// only white space. A text is never trimmed.
pub(crate) fn check(text: &str, max: usize, lines: Lines) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("too_short", "must not be empty"));
    }
    let length = text.chars().count();
    if length > max {
        return Err(Invalid::new("too_long", format!("must be at most {max} characters; it has {length}")));
    }
    let control = |c: char| c.is_control() && !(lines == Lines::Many && matches!(c, '\n' | '\r' | '\t'));
    if let Some(bad) = text.chars().find(|&c| control(c)) {
        return Err(Invalid::new(
            "control_character",
            format!("must not have control characters; it has U+{:04X}", u32::from(bad)),
        ));
    }
    // U+FEFF is white space in ECMAScript, whose regular expressions OpenAPI uses.
    if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
        return Err(Invalid::new("blank", "must not consist of white space only"));
    }
    Ok(())
}

/// Returns the same rules as a regular expression for OpenAPI. `\u007f-\u009f` are control characters too.
pub(crate) fn pattern(lines: Lines) -> &'static str {
    match lines {
        Lines::One => r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        Lines::Many => {
            r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
        }
    }
}

/// Returns the OpenAPI schema of a text type, with the limits that `parse` checks.
pub(crate) fn schema(description: &str, max: usize, pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .min_length(Some(1))
        .max_length(Some(max))
        .pattern(Some(pattern))
        .into()
}

/// Implements `as_str`, `Display`, serde and the OpenAPI schema for a newtype over `String`. A macro because four foreign
/// traits are implemented, for which coherence forbids blanket implementations.
macro_rules! string_type {
    ($name:ident, schema = $schema:expr) => {
        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(text).map_err(<D::Error as serde::de::Error>::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }
    };
}
pub(crate) use string_type;

// A macro because each text type must be distinct, with its own name, limit and description in OpenAPI.
macro_rules! text_type {
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $lines:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values).
            pub const MAX: usize = $max;

            /// Checks length and characters.
            ///
            /// # Errors
            /// When the text is empty, blank, too long or has control characters.
            pub fn parse(text: String) -> Result<Self, Invalid> {
                check(&text, Self::MAX, $lines).map(|()| Self(text))
            }
        }

        string_type!($name, schema = schema(concat!($($doc),*).trim(), $max, pattern($lines)));
    };
}

text_type!(
    /// The subject of a conversation: 1 to 500 characters on one line.
    Subject, 500, Lines::One
);
text_type!(
    /// A priority of your choice, such as `high`: 1 to 32 characters on one line.
    Priority, 32, Lines::One
);
text_type!(
    /// An id from your own system: 1 to 255 characters on one line.
    ExternalId, 255, Lines::One
);
text_type!(
    /// The channel's own key of a thread, such as `whatsapp_+49123456789`: 1 to 255 characters on one line.
    SessionKey, 255, Lines::One
);
text_type!(
    /// A person's display name: 1 to 200 characters on one line.
    PersonName, 200, Lines::One
);
text_type!(
    /// The name of a company or account: 1 to 200 characters on one line.
    CompanyName, 200, Lines::One
);
text_type!(
    /// A phone number, in any notation: 1 to 64 characters on one line.
    PhoneNumber, 64, Lines::One
);
text_type!(
    /// The text of a message: 1 to 8,000 characters. Line breaks and tabs are allowed.
    MessageBody, 8000, Lines::Many
);
text_type!(
    /// A tag of a conversation: 1 to 64 characters on one line.
    Tag, 64, Lines::One
);
text_type!(
    /// The name of a workspace or of a resource in it: 1 to 120 characters on one line.
    Title, 120, Lines::One
);
text_type!(
    /// A description: 1 to 1,000 characters. Line breaks and tabs are allowed.
    Description, 1000, Lines::Many
);
text_type!(
    /// The reason for a deletion: 1 to 500 characters. Line breaks and tabs are allowed.
    DeletionReason, 500, Lines::Many
);

impl Default for Priority {
    fn default() -> Self {
        Self("medium".to_owned())
    }
}

impl MessageBody {
    /// The length of the preview, in characters.
    pub const PREVIEW: usize = 140;

    /// Returns the first 140 characters.
    #[must_use]
    pub fn preview(&self) -> Cow<'_, str> {
        match self.0.char_indices().nth(Self::PREVIEW) {
            Some((end, _)) => Cow::Borrowed(&self.0[..end]),
            None => Cow::Borrowed(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MessageBody, Priority, Subject};

    #[test]
    fn length_is_counted_in_characters() {
        assert!(Subject::parse("ü".repeat(500)).is_ok());
        let refused = Subject::parse("ü".repeat(501)).expect_err("501 characters are too many");
        assert_eq!(refused.message, "must be at most 500 characters; it has 501");
    }

    #[test]
    fn control_characters_are_refused() {
        let refused = Subject::parse("a\u{0}b".to_owned()).expect_err("a NUL is refused");
        assert_eq!(refused.message, "must not have control characters; it has U+0000");
        assert!(Subject::parse("two\nlines".to_owned()).is_err());
        assert!(MessageBody::parse("two\n\tlines\r\n".to_owned()).is_ok());
        assert!(MessageBody::parse("a\u{1b}[31m".to_owned()).is_err());
    }

    #[test]
    fn blank_texts_are_refused() {
        for blank in ["", " ", "\u{a0}\u{2003}", "\u{feff}"] {
            assert!(Priority::parse(blank.to_owned()).is_err(), "{blank:?}");
        }
    }

    #[test]
    fn preview_ends_at_a_character_boundary() {
        let body = MessageBody::parse("é".repeat(300)).expect("300 characters fit");
        assert_eq!(body.preview().chars().count(), 140);
    }
}
