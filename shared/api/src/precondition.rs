//! Preconditions on versions: `ETag`, `If-Match`, `If-None-Match` (RFC 9110, section 13).

use axum::extract::FromRequestParts;
use deskless_domain::{Invalid, Precondition};
use http::{HeaderMap, request::Parts};

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
        let Some(Tags::Some(tags)) = tags(&parts.headers, "If-Match")? else { return Ok(Self(Precondition::NONE)) };
        // A weak tag never matches, and an unknown tag is no version. Both become version 0, which no resource has.
        let versions = tags.iter().map(|tag| if tag.weak { 0 } else { tag.version().unwrap_or(0) }).collect();
        Ok(Self(Precondition::any_of(versions)))
    }
}

/// The `If-None-Match` header: the versions that the client has.
#[derive(Debug)]
pub struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// Returns whether the client has this version.
    #[must_use]
    pub fn holds(&self, version: u64) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Some(tags)) => tags.iter().any(|tag| tag.version() == Some(version)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
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

/// The maximum number of tags in a header. DynamoDB compares with at most 100 values.
const MAX_TAGS: usize = 50;

fn tags(headers: &HeaderMap, name: &'static str) -> Result<Option<Tags>, Problem> {
    let invalid = |message: &str| Problem::from(InvalidRequest::one(name, &Invalid::new("invalid", message)));
    let mut all = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| invalid("must be a list of entity tags"))?.trim();
        if text == "*" {
            return Ok(Some(Tags::Any));
        }
        for part in text.split(',').map(str::trim) {
            let (weak, quoted) = part.strip_prefix("W/").map_or((false, part), |rest| (true, rest));
            let opaque = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            match opaque.filter(|opaque| !opaque.contains('"')) {
                Some(opaque) => all.push(Tag { weak, opaque: opaque.to_owned() }),
                None => return Err(invalid("must be `*` or a list of entity tags in double quotes, as in `ETag`")),
            }
        }
    }
    match all.len() {
        0 => Ok(None),
        1..=MAX_TAGS => Ok(Some(Tags::Some(all))),
        _ => Err(invalid("must have at most 50 entity tags")),
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
