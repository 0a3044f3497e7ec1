//! Outgoing messages, before they are transformed into requests of a provider.

use serde_json::{Map, Value};

use crate::{
    Invalid, MediaType, MessageBody, MessageType,
    text::{Lines, check, check_length, pattern, schema, string_type},
};

/// An outgoing message.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The type: a reply, or a note, which is never sent.
    pub kind: MessageType,
    /// The content.
    pub content: Content,
    /// The provider's id or the phone number of the workspace.
    pub from: Option<ProviderAddress>,
    /// The provider's id or the phone number of the customer; `None` takes it from the conversation.
    pub to: Option<ProviderAddress>,
}

/// The content of an outgoing message.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A text.
    Text(MessageBody),
    /// A file, optionally with a text.
    Media(Media, Option<MessageBody>),
    /// A WhatsApp template message.
    Template(ProviderTemplate),
}

impl Content {
    /// Returns the text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(body) => Some(body.as_str()),
            Self::Media(_, body) => body.as_ref().map(MessageBody::as_str),
            Self::Template(_) => None,
        }
    }
}

/// A file that the provider fetches.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// The type.
    pub kind: MediaType,
    /// The URL from which the provider fetches it.
    pub url: MediaUrl,
    /// The file name of a document.
    pub file_name: Option<FileName>,
}

/// A WhatsApp template message, which WhatsApp has approved, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderTemplate {
    /// The name of the template.
    pub name: TemplateName,
    /// The language.
    pub language: LanguageCode,
    /// The parameters, as WhatsApp's `components`.
    pub components: Vec<Map<String, Value>>,
}

// A macro for the same reason as `text_type!`: distinct types with their own limits and descriptions.
macro_rules! ascii_type {
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $pattern:literal, $holds:expr, $message:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The most characters.
            pub const MAX: usize = $max;

            /// Checks length and characters.
            ///
            /// # Errors
            /// When the text is too long or malformed.
            pub fn parse(text: String) -> Result<Self, Invalid> {
                check_length(&text, Self::MAX)?;
                let holds: fn(&str) -> bool = $holds;
                if holds(&text) { Ok(Self(text)) } else { Err(Invalid::new("invalid", $message)) }
            }
        }

        string_type!($name, schema = schema(concat!($($doc),*).trim(), $max, $pattern));
    };
}

ascii_type!(
    /// The https URL of a file.
    MediaUrl, 2048, "^https://[!-~]+$",
    |text| text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic())),
    "must be a URL that begins with https://"
);
ascii_type!(
    /// A provider's id or a phone number: 1 to 64 characters of `A-Za-z0-9+_-`.
    ProviderAddress, 64, "^[A-Za-z0-9+_-]+$",
    |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+_-".contains(&b)),
    "must be a provider's id or a phone number: letters, digits and +_- only"
);
ascii_type!(
    /// The name of a WhatsApp template.
    TemplateName, 512, "^[a-z0-9_]+$",
    |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
    "must have only a-z, 0-9 and _"
);
ascii_type!(
    /// A language code, such as `de` or `en_US`.
    LanguageCode, 8, "^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$",
    |text| {
        let letters = |part: &str, most| (2..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
        match text.split_once('_') {
            None => letters(text, 3),
            Some((language, region)) => letters(language, 3) && letters(region, 4),
        }
    },
    "must be a language code, such as de or en_US"
);

/// A file name: 1 to 255 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The most characters.
    pub const MAX: usize = 255;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty, blank, too long or has control characters.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        check(&text, Self::MAX, Lines::One).map(|()| Self(text))
    }
}

string_type!(FileName, schema = schema("A file name.", 255, pattern(Lines::One)));
