use utoipa::openapi::{RefOr, Schema};

use crate::{
    Invalid,
    text::{Lines, check, pattern, schema, string_type},
};

/// The text of a message: at most 256 KiB of UTF-8, and at most as many characters as the [`BodyLimit`] of its route allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageBody(String);

impl MessageBody {
    /// The most characters (Unicode scalar values) where no other limit applies.
    pub const MAX: usize = BodyLimit::DEFAULT.characters();
    /// The most bytes of UTF-8: 256 KiB.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Checks a text of at most 8,000 characters.
    ///
    /// # Errors
    /// When the text is empty, too long, has control characters or shows nothing.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        Self::parse_within(text, BodyLimit::DEFAULT)
    }

    /// Checks a text whose length has another limit.
    ///
    /// # Errors
    /// When the text is empty, too long, has control characters or shows nothing.
    pub fn parse_within(text: String, limit: BodyLimit) -> Result<Self, Invalid> {
        if text.len() > Self::MAX_BYTES && limit == BodyLimit::MAX {
            let message = format!("must be at most {} bytes of UTF-8; it has {}", Self::MAX_BYTES, text.len());
            return Err(Invalid::new("too_long", message));
        }
        check(&text, limit.characters(), Lines::Many)?;
        if text.len() > Self::MAX_BYTES {
            return Self::parse_within(text, BodyLimit::MAX);
        }
        Ok(Self(text))
    }
}

string_type!(MessageBody, parse = MessageBody::parse_stored, schema = MessageBody::openapi());

impl MessageBody {
    /// Parses a stored text, which may be longer than the limit that applies now.
    fn parse_stored(text: String) -> Result<Self, Invalid> {
        Self::parse_within(text, BodyLimit::MAX)
    }

    fn openapi() -> RefOr<Schema> {
        schema("The text of a message.", Self::MAX, pattern(Lines::Many))
    }
}

/// The most characters that a message's body may have on a route. Each workspace has one for the routes of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct BodyLimit(u32);

impl BodyLimit {
    /// The limit of a workspace that has not raised it: 8,000 characters.
    pub const DEFAULT: Self = Self(8_000);
    /// The highest limit, which allows every body of at most 256 KiB.
    pub const MAX: Self = Self(262_144);

    /// Creates a limit of 8,000 to 262,144 characters.
    ///
    /// # Errors
    /// When the number is out of range.
    pub fn new(characters: u32) -> Result<Self, Invalid> {
        if (Self::DEFAULT.0..=Self::MAX.0).contains(&characters) {
            return Ok(Self(characters));
        }
        Err(Invalid::new("out_of_range", "must be a whole number from 8000 to 262144 characters"))
    }

    /// Parses a number of characters.
    ///
    /// # Errors
    /// When the text is not a number or the number is out of range.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::new(text.parse().unwrap_or(0))
    }

    /// Returns the number of characters.
    #[must_use]
    pub const fn characters(self) -> usize {
        self.0 as usize
    }

    /// Checks the length of a body.
    ///
    /// # Errors
    /// When the body has more characters.
    pub fn check(self, body: &MessageBody) -> Result<(), Invalid> {
        // A text has at most as many characters as bytes.
        if body.as_str().len() <= self.characters() {
            return Ok(());
        }
        crate::text::check_length(body.as_str(), self.characters())
    }
}

impl Default for BodyLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyLimit, MessageBody};

    #[test]
    fn long_body_needs_a_higher_limit() {
        let text = |length: usize| "ü".repeat(length);
        assert!(MessageBody::parse(text(8_000)).is_ok());
        let refused = MessageBody::parse(text(8_001)).expect_err("too long");
        assert_eq!(refused.message, "must be at most 8000 characters; it has 8001");
        let long = MessageBody::parse_within(text(131_072), BodyLimit::MAX).expect("256 KiB");
        assert!(BodyLimit::DEFAULT.check(&long).is_err());
        assert!(BodyLimit::new(131_072).expect("a limit").check(&long).is_ok());
        let json = serde_json::to_string(&long).expect("JSON");
        assert_eq!(serde_json::from_str::<MessageBody>(&json).expect("a stored body"), long);
    }

    #[test]
    fn body_has_at_most_256_kib() {
        for limit in [BodyLimit::MAX, BodyLimit::new(200_000).expect("a limit")] {
            let refused = MessageBody::parse_within("ü".repeat(131_072) + "a", limit).expect_err("too long");
            assert_eq!(refused.message, "must be at most 262144 bytes of UTF-8; it has 262145");
        }
    }

    #[test]
    fn limit_has_a_range() {
        for (text, is_valid) in [("7999", false), ("8000", true), ("262144", true), ("262145", false), ("x", false)] {
            assert_eq!(BodyLimit::parse(text).is_ok(), is_valid, "{text}");
        }
    }
}
