//! Strings with a length and an alphabet.

use std::borrow::Cow;

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::Invalid;

/// What a text may hold besides printable characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// No control characters at all.
    One,
    /// Line feed, carriage return and tab as well.
    Many,
}

/// Checks the rules that all our texts share: length in Unicode scalar values, something visible, no control
/// characters. A text is kept as it came, never trimmed.
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
            format!("must not hold control characters; it has U+{:04X}", u32::from(bad)),
        ));
    }
    // U+FEFF counts as white space in ECMAScript, whose regular expressions our OpenAPI document speaks.
    if text.chars().all(|c| c.is_whitespace() || c == '\u{feff}') {
        return Err(Invalid::new("blank", "must hold more than white space"));
    }
    Ok(())
}

/// The same rules for OpenAPI. `\u0080-\u009f` are the rest of what Unicode calls control characters.
pub(crate) fn pattern(lines: Lines) -> &'static str {
    match lines {
        Lines::One => r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
        Lines::Many => {
            r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
        }
    }
}

/// A string's schema, with what parsing checks.
pub(crate) fn schema(description: &str, max: usize, pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .min_length(Some(1))
        .max_length(Some(max))
        .pattern(Some(pattern))
        .into()
}

/// Gives a newtype over `String` its reading side: `as_str`, `Display`, serde as a string, an OpenAPI schema.
macro_rules! string_type {
    ($name:ident, schema = $schema:expr) => {
        impl $name {
            /// The text as it came.
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

macro_rules! text_type {
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $lines:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The most Unicode scalar values it holds.
            pub const MAX: usize = $max;

            /// Checks length and characters.
            ///
            /// # Errors
            /// When the text is empty, blank, too long or holds control characters.
            pub fn parse(text: String) -> Result<Self, Invalid> {
                check(&text, Self::MAX, $lines).map(|()| Self(text))
            }
        }

        string_type!($name, schema = schema(concat!($($doc),*).trim(), $max, pattern($lines)));
    };
}

text_type!(
    /// What a conversation is about: 1 to 500 characters on one line.
    Subject, 500, Lines::One
);
text_type!(
    /// A free label of urgency: 1 to 32 characters.
    Priority, 32, Lines::One
);
text_type!(
    /// An id from the caller's own system: 1 to 255 characters, unique where it is used.
    ExternalId, 255, Lines::One
);
text_type!(
    /// The channel's own key of a thread, such as `whatsapp_+49123456789`: 1 to 255 characters.
    SessionKey, 255, Lines::One
);
text_type!(
    /// A person's name as it is shown: 1 to 200 characters.
    PersonName, 200, Lines::One
);
text_type!(
    /// A company's or account's name: 1 to 200 characters.
    CompanyName, 200, Lines::One
);
text_type!(
    /// A telephone number as the caller writes it: 1 to 64 characters.
    PhoneNumber, 64, Lines::One
);
text_type!(
    /// The text of a message: 1 to 8,000 characters, line breaks and tabs allowed.
    MessageBody, 8000, Lines::Many
);
text_type!(
    /// A label on a conversation: 1 to 64 characters.
    Tag, 64, Lines::One
);
text_type!(
    /// The name of a workspace or of something in it: 1 to 120 characters.
    Title, 120, Lines::One
);
text_type!(
    /// What something is for: 1 to 1,000 characters, line breaks and tabs allowed.
    Description, 1000, Lines::Many
);
text_type!(
    /// Why something was deleted: 1 to 500 characters, line breaks and tabs allowed.
    DeletionReason, 500, Lines::Many
);

impl Default for Priority {
    fn default() -> Self {
        Self("medium".to_owned())
    }
}

impl MessageBody {
    /// How many characters of a reply a conversation shows of it.
    pub const PREVIEW: usize = 140;

    /// The first 140 characters.
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
    fn lengths_are_counted_in_characters_and_not_in_bytes() {
        assert!(Subject::parse("ü".repeat(500)).is_ok());
        let refused = Subject::parse("ü".repeat(501)).expect_err("501 characters are too many");
        assert_eq!(refused.message, "must be at most 500 characters; it has 501");
    }

    #[test]
    fn control_characters_are_refused_by_name() {
        let refused = Subject::parse("a\u{0}b".to_owned()).expect_err("a NUL is refused");
        assert_eq!(refused.message, "must not hold control characters; it has U+0000");
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
    fn a_preview_ends_between_characters() {
        let body = MessageBody::parse("é".repeat(300)).expect("300 characters fit");
        assert_eq!(body.preview().chars().count(), 140);
    }
}
