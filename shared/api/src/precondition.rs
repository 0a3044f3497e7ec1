//! Versions of single objects: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, section 13).

use axum::extract::FromRequestParts;
use deskless_domain::Invalid;
use http::{HeaderMap, request::Parts};

use crate::{ApiState, InvalidRequest, Problem};

/// What is put behind the tag of a compressed answer, since a strong tag names exact bytes.
pub(crate) const GZIP_SUFFIX: &str = "-gzip";

/// The strong entity tag of a version.
#[must_use]
pub fn version_tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The versions under which a change shall be made; `None`: any.
#[derive(Debug)]
pub struct IfMatch(pub Option<Vec<u64>>);

impl FromRequestParts<ApiState> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let Some(tags) = tags(&parts.headers, "If-Match")? else { return Ok(Self(None)) };
        let Tags::Some(tags) = tags else { return Ok(Self(None)) };
        // A weak tag never matches here, and a tag that is none of ours is no version that we store: both stand for a
        // version that there never is.
        let versions = tags.iter().map(|tag| if tag.weak { 0 } else { tag.version().unwrap_or(0) }).collect();
        Ok(Self(Some(versions)))
    }
}

/// The versions that the client has already.
#[derive(Debug)]
pub struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// Whether the client has this version.
    #[must_use]
    pub fn holds(&self, version: u64) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Some(tags)) => tags.iter().any(|tag| tag.version() == Some(version)),
        }
    }
}

impl FromRequestParts<ApiState> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        tags(&parts.headers, "If-None-Match").map(Self)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Some(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    opaque: String,
}

impl Tag {
    fn version(&self) -> Option<u64> {
        self.opaque.strip_suffix(GZIP_SUFFIX).unwrap_or(&self.opaque).parse().ok()
    }
}

/// The most tags that one header may hold: DynamoDB compares with a hundred values at the most.
const MAX_TAGS: usize = 50;

fn tags(headers: &HeaderMap, name: &'static str) -> Result<Option<Tags>, Problem> {
    let refuse = |message: &str| Problem::from(InvalidRequest::one(name, &Invalid::new("invalid", message)));
    let mut all = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| refuse("must be a list of entity tags"))?.trim();
        if text == "*" {
            return Ok(Some(Tags::Any));
        }
        for part in text.split(',').map(str::trim) {
            let (weak, quoted) = part.strip_prefix("W/").map_or((false, part), |rest| (true, rest));
            let opaque = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            match opaque.filter(|opaque| !opaque.contains('"')) {
                Some(opaque) => all.push(Tag { weak, opaque: opaque.to_owned() }),
                None => return Err(refuse("must be * or entity tags in double quotes, as ETag gives them")),
            }
        }
    }
    match all.len() {
        0 => Ok(None),
        1..=MAX_TAGS => Ok(Some(Tags::Some(all))),
        _ => Err(refuse("may hold at most 50 entity tags")),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{IfNoneMatch, tags};

    fn parse(value: &'static str) -> Result<IfNoneMatch, ()> {
        let headers = HeaderMap::from_iter([(http::header::IF_NONE_MATCH, HeaderValue::from_static(value))]);
        tags(&headers, "If-None-Match").map(IfNoneMatch).map_err(drop)
    }

    #[test]
    fn tags_are_compared_without_weakness_and_encoding() {
        for header in ["*", "\"7\"", "W/\"7\"", "\"3\", \"7\"", "\"7-gzip\""] {
            assert!(parse(header).expect(header).holds(7), "{header}");
        }
        for header in ["\"70\"", "\"\"", "\"x\""] {
            assert!(!parse(header).expect(header).holds(7), "{header}");
        }
        for header in ["7", "\"7", "\"7\" \"8\"", "w/\"7\"", ","] {
            assert!(parse(header).is_err(), "{header}");
        }
    }
}
