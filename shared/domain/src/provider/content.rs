//! What is to be sent, before it is known how.

use serde_json::{Map, Value};

use crate::{
    Invalid, MediaType, MessageBody, MessageType,
    text::{Lines, check, pattern, schema, string_type},
};

/// A message on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// A reply, or a note that is never sent.
    pub kind: MessageType,
    /// What is sent.
    pub content: Content,
    /// The provider's id or number of the workspace's side.
    pub from: Option<ProviderAddress>,
    /// The provider's id or number of the customer, where the conversation does not say it.
    pub to: Option<ProviderAddress>,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Words.
    Text(MessageBody),
    /// A file, perhaps with words to it.
    Media(Media, Option<MessageBody>),
    /// A message that WhatsApp has approved beforehand.
    Template(Template),
}

impl Content {
    /// The words, beside a file or alone.
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
    /// As what the customer gets it.
    pub kind: MediaType,
    /// Where the provider finds it.
    pub url: MediaUrl,
    /// What a document is called.
    pub file_name: Option<FileName>,
}

/// A message that WhatsApp has approved beforehand, with what stands in its blanks.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name.
    pub name: TemplateName,
    /// In which of its languages.
    pub language: LanguageCode,
    /// Its parameters, as WhatsApp's `components`.
    pub components: Vec<Map<String, Value>>,
}

macro_rules! ascii_type {
    ($(#[doc = $doc:literal])* $name:ident, $max:literal, $pattern:literal, $holds:expr, $message:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The most characters it holds.
            pub const MAX: usize = $max;

            /// Checks length and characters.
            ///
            /// # Errors
            /// When the text is too long or has another form.
            pub fn parse(text: String) -> Result<Self, Invalid> {
                let length = text.chars().count();
                if length > Self::MAX {
                    let message = format!("must be at most {} characters; it has {length}", Self::MAX);
                    return Err(Invalid::new("too_long", message));
                }
                let holds: fn(&str) -> bool = $holds;
                if holds(&text) { Ok(Self(text)) } else { Err(Invalid::new("invalid", $message)) }
            }
        }

        string_type!($name, schema = schema(concat!($($doc),*).trim(), $max, $pattern));
    };
}

ascii_type!(
    /// An https address of a file: at most 2,048 characters.
    MediaUrl, 2048, "^https://[!-~]+$",
    |text| text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic())),
    "must be an address that begins with https://"
);
ascii_type!(
    /// A provider's id or a telephone number: 1 to 64 of A-Z a-z 0-9 + _ -.
    ProviderAddress, 64, "^[A-Za-z0-9+_-]+$",
    |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+_-".contains(&b)),
    "must be a provider's id or a telephone number: letters, digits and +_- only"
);
ascii_type!(
    /// A template's name: 1 to 512 of a-z 0-9 _.
    TemplateName, 512, "^[a-z0-9_]+$",
    |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
    "may hold a-z, 0-9 and _ only"
);
ascii_type!(
    /// A language, such as `de` or `en_US`.
    LanguageCode, 8, "^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$",
    |text| {
        let letters = |part: &str, most| (2..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
        match text.split_once('_') {
            None => letters(text, 3),
            Some((language, region)) => letters(language, 3) && letters(region, 4),
        }
    },
    "must be a language, such as de or en_US"
);

/// What a file is called: 1 to 255 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The most characters it holds.
    pub const MAX: usize = 255;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty, blank, too long or holds control characters.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        check(&text, Self::MAX, Lines::One).map(|()| Self(text))
    }
}

string_type!(FileName, schema = schema("What a file is called: 1 to 255 characters.", 255, pattern(Lines::One)));
