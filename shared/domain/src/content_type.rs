//! Media types (RFC 9110, section 8.3.1), as browsers write them.

use mediatype::MediaTypeBuf;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::{FileCategory, Invalid, text::string_type};

/// A media type such as `image/png` or `video/webm;codecs="vp8, opus"`, as it was written: at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType(String);

/// RFC 6838, section 4.2, with the parameters of RFC 9110, section 5.6.6. A value without quotes may have the commas that
/// browsers write in `codecs=vp8,opus`. An empty text is allowed too.
const MEDIA_TYPE: &str = r#"^([A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}/[A-Za-z0-9]([A-Za-z0-9!#$&^_.\-]{0,126}|[A-Za-z0-9!#$&^_.+\-]{0,126}\+[A-Za-z0-9][A-Za-z0-9!#$&^_.\-]{0,126})( *;( *[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}=([A-Za-z0-9!#$%&'*+.^_`|~\-]+(, ?[A-Za-z0-9!#$%&'*+.^_`|~\-]+)*|"([ !#-\[\]-~]|\\[ -~])*"))?)*)?$"#;

impl ContentType {
    /// The most characters.
    pub const MAX: usize = 255;

    /// Checks length and form. An empty text, which browsers send for files that they do not know, is
    /// `application/octet-stream`.
    ///
    /// # Errors
    /// When the text is too long or is not a media type.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self("application/octet-stream".to_owned()));
        }
        let length = text.chars().count();
        if length > Self::MAX {
            let message = format!("must be at most {} characters; it has {length}", Self::MAX);
            return Err(Invalid::new("too_long", message));
        }
        // In a type, `*` is a range (RFC 9110, section 12.5.1). The text becomes a header, so it has no other characters.
        let essence = text.split(';').next().unwrap_or_default();
        let is_type = !essence.contains(['*', '%', '\''])
            && !text.ends_with(' ')
            && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        if is_type && quoted(&text).is_some_and(|strict| MediaTypeBuf::from_string(strict).is_ok()) {
            return Ok(Self(text));
        }
        let message = "must be a media type, such as image/png or text/plain; charset=utf-8. Put values with other characters \
                       than letters, digits and !#$%&'*+.^_`|~- in double quotes";
        Err(Invalid::new("invalid", message))
    }

    /// Returns the category, which says how to display the file.
    #[must_use]
    pub fn category(&self) -> FileCategory {
        let kind = self.0.split('/').next().unwrap_or_default();
        match kind.to_ascii_lowercase().as_str() {
            "image" => FileCategory::Image,
            "audio" => FileCategory::Audio,
            "video" => FileCategory::Video,
            _ => FileCategory::File,
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A media type such as `image/png`. An empty text means `application/octet-stream`."))
            .max_length(Some(Self::MAX))
            .pattern(Some(MEDIA_TYPE))
            .into()
    }
}

string_type!(ContentType, schema = ContentType::schema());

/// Returns the media type with the value of every parameter in quotes, and without empty parameters. `None` if a parameter has
/// no value, or has characters in a value that is not quoted.
fn quoted(text: &str) -> Option<String> {
    let parts = split(text);
    let (&essence, parameters) = parts.split_first()?;
    let mut strict = if parameters.is_empty() { essence } else { essence.trim_end_matches(' ') }.to_owned();
    for part in parameters.iter().map(|part| part.trim_matches(' ')).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=')?;
        let value = if value.starts_with('"') {
            value.to_owned()
        } else {
            let is_token = |token: &str| {
                !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&b))
            };
            let mut tokens = value.split(',').enumerate();
            let is_list = tokens.all(|(i, token)| is_token(token.strip_prefix(' ').filter(|_| i > 0).unwrap_or(token)));
            is_list.then(|| format!("\"{value}\""))?
        };
        strict = format!("{strict};{name}={value}");
    }
    Some(strict)
}

/// Splits a media type at the semicolons outside of quoted strings.
fn split(text: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return c == ';' && !is_quoted,
        }
        false
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::ContentType;
    use crate::FileCategory;

    #[test]
    fn content_type_determines_the_category() {
        for (text, category) in [
            ("image/png", FileCategory::Image),
            ("IMAGE/PNG", FileCategory::Image),
            ("audio/ogg; codecs=opus", FileCategory::Audio),
            ("video/mp4", FileCategory::Video),
            ("text/plain;charset=utf-8", FileCategory::File),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", FileCategory::File),
            ("", FileCategory::File),
        ] {
            let parsed = ContentType::parse(text.to_owned()).expect(text);
            assert_eq!(parsed.category(), category, "{text}");
        }
    }

    #[test]
    fn media_types_of_browsers_are_kept_as_written() {
        for text in [
            "video/webm;codecs=\"vp8, opus\"",
            "video/webm;codecs=vp8,opus",
            "video/mp4; codecs=avc1.42E01E, mp4a.40.2",
            "text/plain; charset=\"utf-8\"",
            "text/plain ; charset=utf-8 ; format=flowed",
            "text/plain;charset=\"a;b\\\"c\"",
            "image/svg+xml",
            "image/png;",
            "a/b;c=\"\"",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(ContentType::parse(text.to_owned()).expect(text).as_str(), text);
        }
        assert_eq!(ContentType::parse(String::new()).expect("no type").as_str(), "application/octet-stream");
    }

    #[test]
    fn malformed_content_types_are_refused() {
        for text in [
            "image",
            "image/",
            "/png",
            "image/png/x",
            "image png",
            "image/*",
            "*/*",
            "image/png; a",
            "image/png; a=",
            "image/png; a=b c",
            "image/png; a=b,",
            "image/png; a =b",
            "image/png; a=\"b",
            "image/png; a=\"b\"c",
            "image/png, image/gif",
            "image/pñg",
            "image/png\r\nx: y",
            "image/png; a=\"\t\"",
            " image/png",
            "image/png ",
            " ",
            "-/-",
        ] {
            assert!(ContentType::parse(text.to_owned()).is_err(), "{text:?}");
        }
        assert!(ContentType::parse(format!("a/b;c={}", "d".repeat(249))).is_ok());
        assert!(ContentType::parse(format!("a/b;c={}", "d".repeat(250))).is_err());
    }
}
