//! Preconditions on versions: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1).

use axum::extract::FromRequestParts;
use deskless_domain::{Invalid, Precondition};
use http::{HeaderMap, HeaderValue, request::Parts};

use crate::{ApiState, InvalidRequest, Problem};

/// The suffix of a compressed response's tag, because a strong tag identifies exact bytes.
pub(crate) const GZIP_SUFFIX: &str = "-gzip";

/// Returns the strong entity tag of a version.
#[must_use]
pub fn version_tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The `If-Match` header: the versions in which a resource can be updated.
#[derive(Debug)]
pub struct IfMatch(pub Precondition);

impl FromRequestParts<ApiState> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let tags = tags(&parts.headers, "If-Match")?;
        Ok(Self(tags.map_or(Precondition::NONE, |tags| tags.precondition())))
    }
}

/// The `If-None-Match` header. The outermost layer compares it with the response's tag, which depends on the encoding. An
/// operation takes this to reject a malformed header.
#[derive(Debug)]
pub struct IfNoneMatch;

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        tags(&parts.headers, "If-None-Match").map(|_| Self)
    }
}

/// Returns whether the client has the response with this tag already, by its `If-None-Match`. Tags are compared weakly, and
/// without the suffix of the encoding.
pub(crate) fn is_held(request: &HeaderMap, tag: Option<&HeaderValue>) -> bool {
    let Some(tag) = tag.and_then(|tag| Tag::parse(tag.as_bytes())).map(|(tag, _)| tag) else { return false };
    match tags(request, "If-None-Match") {
        Ok(Some(Tags::Any)) => true,
        Ok(Some(Tags::Some(tags))) => tags.iter().any(|held| held.opaque() == tag.opaque()),
        Ok(None) | Err(_) => false,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tags<'h> {
    Any,
    Some(Vec<Tag<'h>>),
}

impl Tags<'_> {
    /// Returns the versions that these tags match strongly.
    fn precondition(&self) -> Precondition {
        match self {
            Self::Any => Precondition::NONE,
            // A weak tag never matches, and an unknown tag is no version. Both become version 0, which no resource has.
            Self::Some(tags) => Precondition::any_of(tags.iter().map(|tag| tag.version().unwrap_or(0)).collect()),
        }
    }
}

/// An entity tag: `W/"…"` or `"…"`.
#[derive(Debug, PartialEq, Eq)]
struct Tag<'h> {
    is_weak: bool,
    quoted: &'h [u8],
}

impl<'h> Tag<'h> {
    /// Parses the tag at the beginning of a text. Returns it and the rest.
    fn parse(text: &'h [u8]) -> Option<(Self, &'h [u8])> {
        let (is_weak, text) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
        let text = text.strip_prefix(b"\"")?;
        let length = text.iter().position(|&byte| byte == b'"')?;
        let (quoted, rest) = text.split_at(length);
        // Anything but blanks and control characters.
        let is_valid = quoted.iter().all(|&byte| byte > b' ' && byte != 0x7f);
        is_valid.then_some((Self { is_weak, quoted }, &rest[1..]))
    }

    /// Returns the tag without quotes and without the suffix of the encoding.
    fn opaque(&self) -> &[u8] {
        self.quoted.strip_suffix(GZIP_SUFFIX.as_bytes()).unwrap_or(self.quoted)
    }

    /// Returns the version that this tag identifies strongly. Only the text of [`version_tag`] does: `"01"` is another tag than `"1"`.
    fn version(&self) -> Option<u64> {
        let text = std::str::from_utf8(self.opaque()).ok().filter(|_| !self.is_weak)?;
        text.parse().ok().filter(|version: &u64| version.to_string() == text)
    }
}

/// The maximum number of tags in a header. DynamoDB compares with at most 100 values.
const MAX_TAGS: usize = 50;

fn tags<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<Tags<'h>>, Problem> {
    let invalid = |message: &str| Problem::from(InvalidRequest::one(name, &Invalid::new("invalid", message)));
    let malformed = || invalid("must be `*` or a list of entity tags in double quotes, as in `ETag`");
    let values: Vec<_> = headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii()).collect();
    match values.as_slice() {
        [] => return Ok(None),
        [b"*"] => return Ok(Some(Tags::Any)),
        _ => {}
    }
    let mut all = Vec::new();
    for value in values {
        list(value, &mut all).ok_or_else(malformed)?;
    }
    match all.len() {
        0 => Err(malformed()),
        1..=MAX_TAGS => Ok(Some(Tags::Some(all))),
        _ => Err(invalid("must have at most 50 entity tags")),
    }
}

/// Parses a list of tags. Elements can be empty (RFC 9110, section 5.6.1.2). Tags can contain commas.
fn list<'h>(mut text: &'h [u8], all: &mut Vec<Tag<'h>>) -> Option<()> {
    loop {
        text = text.trim_ascii_start();
        if !text.is_empty() && !text.starts_with(b",") {
            let (tag, rest) = Tag::parse(text)?;
            all.push(tag);
            text = rest.trim_ascii_start();
        }
        match text.split_first() {
            None => return Some(()),
            Some((b',', rest)) => text = rest,
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::Precondition;
    use http::{HeaderMap, HeaderValue, header};

    use super::{is_held, tags};

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (header::IF_NONE_MATCH, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn tags_are_compared_without_weakness_and_encoding() {
        let (plain, compressed) = (HeaderValue::from_static("\"7\""), HeaderValue::from_static("\"7-gzip\""));
        let holds = |values: &[&'static str]| {
            let headers = headers(values);
            assert!(tags(&headers, "If-None-Match").is_ok(), "{values:?}");
            let held = is_held(&headers, Some(&plain));
            assert_eq!(held, is_held(&headers, Some(&compressed)), "{values:?}");
            held
        };
        for values in [
            ["*"].as_slice(),
            &["\"7\""],
            &["W/\"7\""],
            &["\"3\", \"7\""],
            &["\"7-gzip\""],
            &["\"3\",,\"7\""],
            &[",\"7\","],
            &["\"3\"", "\"7\""],
            &["\"a,b\" , \"7\""],
        ] {
            assert!(holds(values), "{values:?}");
        }
        for values in [["\"70\""].as_slice(), &["\"\""], &["\"x\""], &["\"07\""], &["\"+7\""], &["\"a,\",\"7,\""]] {
            assert!(!holds(values), "{values:?}");
        }
        let malformed =
            ["7", "\"7", "\"7\" \"8\"", "w/\"7\"", ",", "", "*, \"7\"", "\"a b\"", "W/ \"7\"", "\"7\"; \"8\""];
        for value in malformed {
            assert!(tags(&headers(&[value]), "If-None-Match").is_err(), "{value}");
        }
        assert!(tags(&headers(&["*", "\"7\""]), "If-None-Match").is_err());
    }

    #[test]
    fn if_match_compares_strongly() {
        let precondition = |value: &'static str| {
            let headers = headers(&[value]);
            tags(&headers, "If-None-Match").expect(value).expect(value).precondition()
        };
        let versions = |versions: &[u64]| Precondition::any_of(versions.to_vec());
        assert_eq!(precondition("\"1\""), versions(&[1]));
        assert_eq!(precondition("\"1-gzip\",, \"3\""), versions(&[1, 3]));
        for value in ["W/\"1\"", "\"01\"", "\"+1\"", "\"x\"", "\"1-gzip-gzip\""] {
            assert_eq!(precondition(value), versions(&[0]), "{value}");
        }
        assert_eq!(precondition("*"), Precondition::NONE);
    }
}
