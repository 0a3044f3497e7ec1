//! From JSON to domain types, collecting everything that is wrong on the way.

use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, Map, MergeWithError, Value, ValueKind, ValuePointerRef,
    take_cf_content,
};
use deskless_domain::provider::{FileName, LanguageCode, MediaUrl, ProviderAddress, TemplateName};
use deskless_domain::{
    AssistantId, AutomationTrigger, Channel, CompanyName, ContentType, ConversationId, ConversationIds, CustomerId,
    DeletionReason, DeliveryStatus, Description, Edit, Email, ExternalId, FileId, FileSize, FileTitle, InboxId,
    Invalid, InvalidField, KeyKind, MediaType, MemberId, MemberRole, MessageBody, MessageId, MessageType, Metadata,
    Order, Origin, PersonName, PhoneNumber, PipelineId, PredefinedMessageId, PredefinedMessageType, Priority,
    ProviderSecret, RateLimit, Resolution, Role, Scope, SessionKey, Source, StageId, Status, Subject, Tag, Tags,
    Template, Timestamp, Title, ViewId, WebhookUrl,
};
use serde::Serialize;
use utoipa::ToSchema;

/// One field or parameter that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its path, such as `customer.id` or `tags[2]`; empty for the whole body.
    pub field: String,
    /// A stable word.
    #[schema(example = "required")]
    pub code: &'static str,
    /// What is wrong with it, in a sentence.
    pub message: String,
}

/// More than this helps nobody, and an answer may have 6 MB at the most.
const MOST_ERRORS: usize = 100;
/// So much of a caller's own key is repeated.
const MOST_OF_A_KEY: usize = 100;

/// Everything that is wrong with a body or a query, up to a hundred things.
#[derive(Debug, Default)]
pub struct InvalidRequest(pub Vec<FieldError>);

impl InvalidRequest {
    /// One thing that is wrong.
    #[must_use]
    pub fn one(field: impl Into<String>, invalid: &Invalid) -> Self {
        let field = field.into();
        let name = if field.is_empty() { "The body" } else { &field };
        let message = format!("{name} {}.", invalid.message);
        Self(vec![FieldError { field, code: invalid.code, message }])
    }

    /// One thing that is wrong, where a value stands in a body.
    #[must_use]
    pub fn at(location: ValuePointerRef<'_>, invalid: &Invalid) -> Self {
        Self::one(path(location), invalid)
    }
}

impl From<InvalidField> for InvalidRequest {
    fn from(InvalidField { field, invalid }: InvalidField) -> Self {
        Self::one(field, &invalid)
    }
}

impl From<InvalidRequest> for crate::Problem {
    fn from(invalid: InvalidRequest) -> Self {
        Self::invalid(invalid.0)
    }
}

impl MergeWithError<Self> for InvalidRequest {
    fn merge(self_: Option<Self>, other: Self, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        let mut all = self_.unwrap_or_default();
        all.0.extend(other.0);
        if all.0.len() >= MOST_ERRORS {
            all.0.truncate(MOST_ERRORS);
            return ControlFlow::Break(all);
        }
        ControlFlow::Continue(all)
    }
}

impl DeserializeError for InvalidRequest {
    fn error<V: IntoValue>(
        self_: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let here = path(location);
        let below = |key: &str| {
            let key: String = key.chars().take(MOST_OF_A_KEY).collect();
            if here.is_empty() { key } else { format!("{here}.{key}") }
        };
        let one = match error {
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                let expected: Vec<_> = accepted.iter().copied().map(kind).collect();
                let message = format!("must be {}; it is {}", expected.join(" or "), kind(actual.kind()));
                Self::one(here, &Invalid::new("wrong_type", message))
            }
            ErrorKind::MissingField { field } => Self::one(below(field), &Invalid::new("required", "is required")),
            ErrorKind::UnknownKey { key, accepted } => {
                let message = match accepted {
                    [] => "is not known here; nothing is".to_owned(),
                    _ => format!("is not known here; what is known: {}", accepted.join(", ")),
                };
                Self::one(below(key), &Invalid::new("unknown", message))
            }
            ErrorKind::UnknownValue { accepted, .. } => {
                let message = format!("must be one of: {}", accepted.join(", "));
                Self::one(here, &Invalid::new("unknown_value", message))
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                Self::one(here, &Invalid::new("invalid", format!("must have {expected} entries")))
            }
            ErrorKind::Unexpected { msg } => Self::one(here, &Invalid::new("invalid", format!("is wrong: {msg}"))),
        };
        Self::merge(self_, one, location)
    }
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "a boolean",
        ValueKind::Integer | ValueKind::NegativeInteger | ValueKind::Float => "a number",
        ValueKind::String => "a string",
        ValueKind::Sequence => "an array",
        ValueKind::Map => "an object",
    }
}

fn path(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Index { index, prev } => format!("{}[{index}]", path(*prev)),
        ValuePointerRef::Key { key, prev } => {
            let mut before = path(*prev);
            if !before.is_empty() {
                before.push('.');
            }
            before + key
        }
    }
}

/// A string off the wire, for types that parse one.
pub(crate) fn string<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<String, InvalidRequest> {
    String::deserialize_from_value(value, location)
}

macro_rules! parsed_from_string {
    ($($name:ty),+ $(,)?) => {$(
        impl Deserr<InvalidRequest> for $name {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, InvalidRequest> {
                <$name>::parse(string(value, location)?.into()).map_err(|invalid| InvalidRequest::at(location, &invalid))
            }
        }
    )+};
}

parsed_from_string!(
    Subject,
    Priority,
    ExternalId,
    SessionKey,
    PersonName,
    CompanyName,
    PhoneNumber,
    MessageBody,
    Tag,
    CustomerId,
    Email,
    Title,
    Description,
    DeletionReason,
    ProviderSecret,
    FileName,
    LanguageCode,
    MediaUrl,
    ProviderAddress,
    TemplateName,
    Template,
    FileTitle,
    ContentType,
    WebhookUrl,
);

macro_rules! parsed_from_word {
    ($($name:ty),+ $(,)?) => {$(
        impl Deserr<InvalidRequest> for $name {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, InvalidRequest> {
                <$name>::parse(&string(value, location)?).map_err(|invalid| InvalidRequest::at(location, &invalid))
            }
        }
    )+};
}

parsed_from_word!(
    AutomationTrigger,
    Channel,
    Source,
    Status,
    Resolution,
    Role,
    MessageType,
    Order,
    MemberRole,
    KeyKind,
    Scope,
    Origin,
    Timestamp,
    DeliveryStatus,
    MediaType,
    PredefinedMessageType,
);

macro_rules! parsed_from_uuid {
    ($($name:ty),+ $(,)?) => {$(
        impl Deserr<InvalidRequest> for $name {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, InvalidRequest> {
                let wrong = || InvalidRequest::at(location, &Invalid::new("invalid", "must be an id, which is a UUID"));
                <$name>::parse(&string(value, location)?).ok_or_else(wrong)
            }
        }
    )+};
}

parsed_from_uuid!(
    AssistantId,
    ConversationId,
    FileId,
    InboxId,
    MemberId,
    MessageId,
    PipelineId,
    PredefinedMessageId,
    StageId,
    ViewId,
);

/// A whole number that is not negative. To JSON, `6000.0` is one too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(pub u64);

impl Deserr<InvalidRequest> for Whole {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let wrong = |message: &str| InvalidRequest::at(location, &Invalid::new("wrong_type", message));
        match value {
            Value::Integer(number) => Ok(Self(number)),
            Value::Float(number) if number.fract() == 0.0 => {
                format!("{number:.0}").parse().map(Self).map_err(|_| wrong("must be a whole number from 0 on"))
            }
            Value::NegativeInteger(_) | Value::Float(_) => Err(wrong("must be a whole number from 0 on")),
            other => <u64 as Deserr<InvalidRequest>>::deserialize_from_value(other, location).map(Self),
        }
    }
}

impl Deserr<InvalidRequest> for RateLimit {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let Whole(number) = Whole::deserialize_from_value(value, location)?;
        Self::new(u32::try_from(number).unwrap_or(0)).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl Deserr<InvalidRequest> for FileSize {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let Whole(number) = Whole::deserialize_from_value(value, location)?;
        Self::new(number).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl Deserr<InvalidRequest> for Tags {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let tags = Vec::<Tag>::deserialize_from_value(value, location)?;
        Self::parse(tags).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl Deserr<InvalidRequest> for ConversationIds {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let ids = Vec::<ConversationId>::deserialize_from_value(value, location)?;
        Self::parse(ids).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl Deserr<InvalidRequest> for Metadata {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        Self::parse(object(value, location)?).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

/// An object off the wire, before it is read any further.
pub(crate) fn object<V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
) -> Result<serde_json::Map<String, serde_json::Value>, InvalidRequest> {
    match serde_json::Value::from(value) {
        serde_json::Value::Object(object) => Ok(object),
        other => Err(take_cf_content(InvalidRequest::error::<serde_json::Value>(
            None,
            ErrorKind::IncorrectValueKind { actual: other.into_value(), accepted: &[ValueKind::Map] },
            location,
        ))),
    }
}

impl<T> Given<Option<T>> {
    /// What to do with a field that `null` clears.
    pub fn edit(self) -> Edit<T> {
        self.0.map_or(Edit::Keep, Edit::from)
    }
}

/// A field that may be left out but has no `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T>(pub Option<T>);

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Deserr<InvalidRequest>> Deserr<InvalidRequest> for Given<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        T::deserialize_from_value(value, location).map(|value| Self(Some(value)))
    }
}

/// What to change: an object that names at least one field.
#[derive(Debug)]
pub struct Patch<T>(pub T);

impl<T: Deserr<InvalidRequest>> Deserr<InvalidRequest> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        if let Value::Map(fields) = &value
            && fields.len() == 0
        {
            return Err(InvalidRequest::at(
                location,
                &Invalid::new("required", "must name at least one field to change"),
            ));
        }
        T::deserialize_from_value(value, location).map(Self)
    }
}

/// An object that is read later: what it may be depends on who sends it.
#[derive(Debug)]
pub struct Unread(serde_json::Value);

impl Unread {
    /// Reads it.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub fn read<T: Deserr<InvalidRequest>>(self) -> Result<T, crate::Problem> {
        deserr::deserialize::<T, _, InvalidRequest>(self.0).map_err(crate::Problem::from)
    }
}

impl Deserr<InvalidRequest> for Unread {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        object(value, location).map(|object| Self(serde_json::Value::Object(object)))
    }
}
