//! Values of requests: ids, times, and fields that are not supported.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{CursorScope, InvalidRequest, Json, Problem};
use deskless_domain::{Invalid, Tag, Timestamp, WorkspaceId};

/// An id. Clients send ids as strings or as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl Deserr<InvalidRequest> for Id {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        match value {
            Value::Integer(number) => Ok(Self(number.to_string())),
            other => String::deserialize_from_value(other, location).map(Self),
        }
    }
}

/// A time in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub i64);

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

impl Deserr<InvalidRequest> for Seconds {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let seconds = match Json::from(value) {
            Json::Number(digits) => digits.parse().ok().filter(|seconds| (0..=LAST).contains(seconds)),
            _ => None,
        };
        let invalid = || Invalid::new("invalid", "must be a time in seconds since 1970, as a whole number");
        seconds.map(Self).ok_or_else(|| InvalidRequest::at(location, &invalid()))
    }
}

impl Seconds {
    /// Returns the time.
    pub fn time(self) -> Timestamp {
        Timestamp::from_millis(self.0 * 1000)
    }
}

/// Refuses fields of a request that the service has and this dialect does not support. `null` and empty lists are accepted.
///
/// # Errors
/// `invalid_request` with each such field.
pub fn refuse(fields: &[(&str, &Option<Json>)]) -> Result<(), Problem> {
    let is_sent = |value: &Json| !matches!(value, Json::Null) && *value != Json::Array(Vec::new());
    let mut errors = InvalidRequest::default();
    for (field, _) in fields.iter().filter(|(_, value)| value.as_ref().is_some_and(is_sent)) {
        let invalid = Invalid::new("unsupported", "is not supported. Leave it out");
        errors.0.extend(InvalidRequest::one(*field, &invalid).0);
    }
    if errors.0.is_empty() { Ok(()) } else { Err(errors.into()) }
}

/// Returns the problem for one field.
pub fn invalid(field: &str, message: impl Into<String>) -> Problem {
    InvalidRequest::one(field, &Invalid::new("invalid", message)).into()
}

/// Returns the problem for a field that is missing.
pub fn missing(field: &str) -> Problem {
    InvalidRequest::one(field, &Invalid::new("required", "is required")).into()
}

/// The ids of tags. Our tags are texts on conversations, so an id contains the text. It is valid in its workspace only.
#[derive(Debug)]
pub struct TagIds(CursorScope);

impl TagIds {
    /// Returns the ids of a workspace.
    pub fn new(workspace: WorkspaceId) -> Self {
        Self(CursorScope::new(workspace, &["intercom tag"]))
    }

    /// Returns the id of a tag.
    pub fn id(&self, tag: &Tag) -> String {
        self.0.encode(tag.as_str().as_bytes())
    }

    /// Returns the tag with an id.
    pub fn tag(&self, id: &str) -> Option<Tag> {
        Tag::parse(String::from_utf8(self.0.decode(id).ok()?).ok()?).ok()
    }
}
