//! Text types: strings with a limited length, without control characters, in which a reader sees something.

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::{
    Invalid,
    characters::{is_direction_override, is_visible, label},
};

/// The control characters that a text may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// None, and no characters that override the direction of the text.
    One,
    /// None. Characters that override the direction of the text are removed before the check.
    OneWithoutOverrides,
    /// Line feed, carriage return and tab.
    Many,
}

/// Checks the rules that all text types share: the length in Unicode scalar values, no other control characters, and at least
/// one character that a reader sees. Does not trim the text.
pub(crate) fn check(text: &str, max: usize, lines: Lines) -> Result<(), Invalid> {
    check_length(text, max)?;
    // U+2028 and U+2029 end lines and paragraphs.
    let control = |c: char| match lines {
        Lines::One | Lines::OneWithoutOverrides => c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'),
        Lines::Many => c.is_control() && !matches!(c, '\n' | '\r' | '\t'),
    };
    if let Some(bad) = text.chars().find(|&c| control(c)) {
        return Err(Invalid::new(
            "control_character",
            format!("must not have control characters; it has U+{:04X}", u32::from(bad)),
        ));
    }
    if let (Lines::One, Some(bad)) = (lines, text.chars().find(|&c| is_direction_override(c))) {
        let bad = u32::from(bad);
        let message =
            format!("must not have characters that override the direction of text; it has U+{bad:04X}. Remove it");
        return Err(Invalid::new("direction_override", message));
    }
    if !text.chars().any(is_visible) {
        return Err(Invalid::new("blank", "must have at least one visible character"));
    }
    Ok(())
}

/// Checks that a text has 1 to `max` Unicode scalar values.
pub(crate) fn check_length(text: &str, max: usize) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("too_short", "must not be empty"));
    }
    let length = text.chars().count();
    if length > max {
        return Err(Invalid::new("too_long", format!("must be at most {max} characters; it has {length}")));
    }
    Ok(())
}

/// Checks a label, and returns the form in which labels are stored and compared.
fn parse_label(text: &str, max: usize) -> Result<String, Invalid> {
    check(text, max, Lines::One)?;
    let label = label(text);
    // Some characters take two or three in Normalization Form C.
    check_length(&label, max).map(|()| label)
}

/// The characters, as part of a class of a regular expression, that a reader does not see. Combining marks and the invisible
/// characters outside the Basic Multilingual Plane are left out, because the syntax of OpenAPI's regular expressions has no short form for them.
macro_rules! invisible {
    () => {
        r"\s\u0000-\u001f\u007f-\u009f\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    };
}

/// Returns the same rules as a regular expression for OpenAPI. It accepts a text of combining marks alone, which `check` does
/// not. `\u007f-\u009f` are control characters too.
pub(crate) fn pattern(lines: Lines) -> &'static str {
    match lines {
        Lines::One => concat!(
            r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*[^",
            invisible!(),
            r"][^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$"
        ),
        Lines::OneWithoutOverrides => concat!(
            r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*[^",
            invisible!(),
            r"][^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
        ),
        Lines::Many => concat!(
            r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*[^",
            invisible!(),
            r"][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
        ),
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
        string_type!($name, parse = Self::parse, schema = $schema);
    };
    ($name:ident, parse = $parse:expr, schema = $schema:expr) => {
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
                $parse(text).map_err(<D::Error as serde::de::Error>::custom)
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
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, Label) => {
        text_type!(
            $(#[doc = $doc])* $name, $max, Lines::One,
            |text: String| parse_label(&text, $max)
        );
    };
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $lines:expr) => {
        text_type!(
            $(#[doc = $doc])* $name, $max, $lines,
            |text: String| check(&text, $max, $lines).map(|()| text)
        );
    };
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $lines:expr, $parse:expr) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values).
            pub const MAX: usize = $max;

            /// Checks length and characters.
            ///
            /// # Errors
            /// When the text is empty, too long, has control characters or shows nothing.
            pub fn parse(text: String) -> Result<Self, Invalid> {
                let parse: fn(String) -> Result<String, Invalid> = $parse;
                parse(text).map(Self)
            }
        }

        string_type!($name, schema = schema(concat!($($doc),*).trim(), $max, pattern($lines)));
    };
}

text_type!(
    /// The subject of a conversation.
    Subject, 500, Lines::One
);
text_type!(
    /// A priority of your choice, such as `high`.
    Priority, 32, Label
);
text_type!(
    /// An id from another system.
    ExternalId, 255, Lines::One
);
text_type!(
    /// The channel's key of a thread, such as `whatsapp_+49123456789`.
    SessionKey, 255, Lines::One
);
text_type!(
    /// A person's display name.
    PersonName, 200, Lines::One
);
text_type!(
    /// The name of a company or account.
    CompanyName, 200, Lines::One
);
text_type!(
    /// A phone number, in any notation.
    PhoneNumber, 64, Lines::OneWithoutOverrides,
    // Address books copy numbers between such characters, so that they are read from left to right.
    |text: String| {
        check_length(&text, PhoneNumber::MAX)?;
        let text = text.replace(is_direction_override, "");
        check(&text, PhoneNumber::MAX, Lines::OneWithoutOverrides).map(|()| text)
    }
);
text_type!(
    /// A tag of a conversation.
    Tag, 64, Label
);
text_type!(
    /// A name on one line.
    Title, 120, Label
);
text_type!(
    /// A description.
    Description, 1000, Lines::Many
);
text_type!(
    /// The reason for a deletion.
    DeletionReason, 500, Lines::Many
);

impl Default for Priority {
    fn default() -> Self {
        Self("medium".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{PhoneNumber, Priority, Subject, Tag};
    use crate::MessageBody;

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
        let tags = "\u{1f3f4}\u{e0067}\u{e0062}".trim_start_matches('\u{1f3f4}');
        for blank in
            ["", " ", "\u{a0}\u{2003}", "\u{feff}", "\u{200b}", "\u{3164}", "\u{2800}", "\u{301}", "\u{fe0f}", tags]
        {
            assert!(Priority::parse(blank.to_owned()).is_err(), "{blank:?}");
            assert!(MessageBody::parse(blank.to_owned()).is_err(), "{blank:?}");
        }
        for seen in ["❤\u{fe0f}", "👩\u{200d}👩\u{200d}👧", "\u{200b}a", "می\u{200c}خواهم", "1\u{fe0f}\u{20e3}"]
        {
            assert!(Subject::parse(seen.to_owned()).is_ok(), "{seen:?}");
        }
    }

    #[test]
    fn line_separators_are_refused_on_one_line() {
        for c in ['\n', '\u{85}', '\u{2028}', '\u{2029}'] {
            assert_eq!(Subject::parse(format!("a{c}b")).expect_err("two lines").code, "control_character");
        }
        assert!(MessageBody::parse("a\u{2028}b".to_owned()).is_ok());
    }

    #[test]
    fn phone_loses_direction_marks_of_address_books() {
        let phone = PhoneNumber::parse("\u{202d}+49 170 1234567\u{202c}".to_owned()).expect("a number");
        assert_eq!(phone.as_str(), "+49 170 1234567");
        assert!(PhoneNumber::parse("\u{202d}".to_owned()).is_err());
    }

    #[test]
    fn direction_overrides_are_refused_on_one_line() {
        for c in "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars() {
            let refused = Subject::parse(format!("invoice{c}fdp.exe")).expect_err("an override");
            assert_eq!(refused.code, "direction_override");
            assert!(MessageBody::parse(format!("a{c}b")).is_ok());
        }
        assert!(Subject::parse("\u{200f}שלום\u{200e}".to_owned()).is_ok());
    }

    #[test]
    fn labels_are_trimmed_and_composed() {
        let tag = |text: &str| Tag::parse(text.to_owned()).expect(text);
        assert_eq!(tag(" vip "), tag("vip"));
        assert_eq!(tag("cafe\u{301}"), tag("caf\u{e9}"));
        assert_eq!(Subject::parse(" a ".to_owned()).map(|text| text.to_string()), Ok(" a ".to_owned()));
        // U+0958 takes two characters when it is normalized.
        assert!(Tag::parse("\u{958}".repeat(33)).is_err());
        let longest = tag(&"\u{958}".repeat(32));
        assert_eq!(tag(longest.as_str()), longest);
    }
}
