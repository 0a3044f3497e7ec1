//! Deserialization of domain types.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::provider::{FileName, LanguageCode, MediaUrl, ProviderAddress, TemplateName};
use deskless_domain::{
    AssistantId, AuditAction, AuditActorType, AuditObjectType, AutomationId, AutomationPosition, AutomationTrigger,
    Channel, CompanyName, ContentType, ConversationId, ConversationIds, ConversationSort, CustomerId, DeletionReason,
    DeliveryStatus, Description, Email, EventType, ExternalId, FileCategory, FileId, FileSize, FileTitle, InboxId,
    Invalid, KeyId, KeyKind, MediaType, MemberId, MemberRole, MessageBody, MessageContent, MessageId, MessageType,
    Metadata, Order, Origin, PersonName, PhoneNumber, PipelineId, PredefinedMessageId, PredefinedMessageType, Priority,
    ProviderSecret, RateLimit, Resolution, Role, Scope, SessionKey, Source, StageId, Status, Subject, Tag, Tags,
    Template, Timestamp, Title, ViewId, WebhookEndpointId, WebhookUrl,
};

use super::{InvalidRequest, Whole, object, string};
use crate::json::Json;

// A macro because coherence forbids one implementation of a foreign trait for all types that have a `parse`.
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

// A second macro for types whose `parse` borrows the text.
macro_rules! parsed_from_str {
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

parsed_from_str!(
    AuditAction,
    AuditActorType,
    AuditObjectType,
    AutomationTrigger,
    EventType,
    Channel,
    ConversationSort,
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
    FileCategory,
    PredefinedMessageType,
);

// A third macro for ids, whose `parse` returns an `Option`.
macro_rules! parsed_from_uuid {
    ($($name:ty),+ $(,)?) => {$(
        impl Deserr<InvalidRequest> for $name {
            fn deserialize_from_value<V: IntoValue>(
                value: Value<V>,
                location: ValuePointerRef<'_>,
            ) -> Result<Self, InvalidRequest> {
                let invalid = || InvalidRequest::at(location, &Invalid::new("invalid", "must be a UUID"));
                <$name>::parse(&string(value, location)?).ok_or_else(invalid)
            }
        }
    )+};
}

parsed_from_uuid!(
    AssistantId,
    AutomationId,
    ConversationId,
    FileId,
    InboxId,
    KeyId,
    MemberId,
    MessageId,
    PipelineId,
    PredefinedMessageId,
    StageId,
    ViewId,
    WebhookEndpointId,
);

impl Deserr<InvalidRequest> for RateLimit {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let Whole(number) = Whole::deserialize_from_value(value, location)?;
        Self::new(u32::try_from(number).unwrap_or(0)).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl Deserr<InvalidRequest> for AutomationPosition {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let Whole(number) = Whole::deserialize_from_value(value, location)?;
        Self::new(number).map_err(|invalid| InvalidRequest::at(location, &invalid))
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
        let json = Json::Object(object(value, location)?).to_string();
        Self::from_json(&json).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl Deserr<InvalidRequest> for MessageContent {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let json = Json::from(value).to_string();
        Self::from_json(json).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}
