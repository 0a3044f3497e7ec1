use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_app::messages::{BodySource, NewMessage};
use deskless_domain::{
    BodyLimit, Channel, DeliveryStatus, Email, ExternalId, Invalid, Message, MessageBody, MessageContent, MessageType,
    Metadata, PersonName, PredefinedMessageId, Role, Sender,
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    MessageTag,
    attachment::{AttachmentObject, AttachmentRequest, AttachmentsRequest},
};
use crate::{
    InvalidRequest, Json, Optional,
    fields::{object, string},
};

/// A text that may be empty and as long as any limit allows. Whether it must not be depends on the other fields and the workspace.
#[derive(Debug, Default)]
pub(super) struct BodyText(pub Option<MessageBody>);

impl PartialSchema for BodyText {
    /// Returns the schema of a body without a limit, because each workspace has its own.
    fn schema() -> RefOr<Schema> {
        let mut schema = MessageBody::schema();
        if let RefOr::T(Schema::Object(text)) = &mut schema {
            text.max_length = None;
        }
        schema
    }
}

impl ToSchema for BodyText {
    fn name() -> std::borrow::Cow<'static, str> {
        "MessageText".into()
    }
}

impl Deserr<InvalidRequest> for BodyText {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = string(value, location)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        MessageBody::parse_within(text, BodyLimit::MAX)
            .map(|body| Self(Some(body)))
            .map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

/// Why a message without attachments needs a text.
pub(super) const EMPTY: &str = "must not be empty, unless you send `attachments` or `content`";

/// A message to add to a conversation, with a `body` or a `predefinedMessageId`.
#[derive(Debug)]
pub struct CreateMessageRequest {
    fields: MessageFields,
    body: BodySource,
}

/// The fields of a message to add.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
struct MessageFields {
    /// May be left out or empty in a message with `attachments` or `content`. At most 8,000 characters, unless your workspace has a
    /// higher limit.
    #[deserr(default)]
    #[schema(required = false)]
    pub body: BodyText,
    /// Structured content beside the text. It is returned as you send it.
    #[deserr(default)]
    #[schema(required = false, value_type = MessageContent)]
    pub content: Option<MessageContent>,
    /// A predefined message to use instead of `body`.
    #[deserr(default)]
    #[schema(value_type = String, format = "uuid")]
    pub predefined_message_id: Optional<PredefinedMessageId>,
    /// The default is `user`, and `assistant` for a note.
    #[deserr(default)]
    pub role: Option<Role>,
    /// The default is `reply`.
    #[deserr(rename = "type", default)]
    #[schema(rename = "type")]
    pub kind: Option<MessageType>,
    /// The author.
    #[deserr(default)]
    pub sender: Option<SenderObject>,
    /// The provider's id of the message.
    #[deserr(default)]
    pub external_id: Option<ExternalId>,
    /// At most ten registered files.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<AttachmentRequest>>, max_items = 10)]
    pub attachments: Option<AttachmentsRequest>,
    /// Your own data.
    #[deserr(default)]
    pub metadata: Option<Metadata>,
}

const BODY: &str = "body";
const PREDEFINED: &str = "predefinedMessageId";

impl Deserr<InvalidRequest> for CreateMessageRequest {
    /// Reports a conflict of `body` and `predefinedMessageId` together with all other errors.
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let object = object(value, location)?;
        let has_files = matches!(object.get("attachments"), Some(Json::Array(files)) if !files.is_empty());
        let has_content = object.get("content").is_some_and(|content| *content != Json::Null);
        let is_empty = object.get(BODY).and_then(Json::as_str) == Some("");
        let present = [BODY, PREDEFINED].map(|field| object.contains_key(field));
        let fields = MessageFields::deserialize_from_value(Json::Object(object).into_value(), location);
        let invalid =
            |field: &str, code, message| InvalidRequest::at(location.push_key(field), &Invalid::new(code, message));
        let mut errors = match present {
            [true, true] => {
                let mut both = invalid(BODY, "conflict", "must not be sent together with `predefinedMessageId`");
                both.0.extend(invalid(PREDEFINED, "conflict", "must not be sent together with `body`").0);
                both
            }
            [false, false] if !has_files && !has_content => {
                let message = "is required, unless you send `predefinedMessageId`, `attachments` or `content`";
                invalid(BODY, "required", message)
            }
            [true, false] if is_empty && !has_files && !has_content => invalid(BODY, "too_short", EMPTY),
            _ => InvalidRequest::default(),
        };
        match fields {
            Err(other) => {
                errors.0.extend(other.0);
                Err(errors)
            }
            Ok(_) if !errors.0.is_empty() => Err(errors),
            Ok(mut fields) => match (fields.body.0.take(), fields.predefined_message_id.0.take()) {
                (Some(body), _) => Ok(Self { fields, body: BodySource::Text(body) }),
                (None, Some(id)) => Ok(Self { fields, body: BodySource::Predefined(id) }),
                (None, None) => Ok(Self { fields, body: BodySource::Empty }),
            },
        }
    }
}

impl PartialSchema for CreateMessageRequest {
    fn schema() -> RefOr<Schema> {
        let mut schema = MessageFields::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.description = Some("A message to add, with either a `body` or a `predefinedMessageId`.".to_owned());
            object.required.clear();
        }
        schema
    }
}

impl ToSchema for CreateMessageRequest {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        MessageFields::schemas(schemas);
    }
}

impl CreateMessageRequest {
    /// Returns whether the text comes from a predefined message.
    #[must_use]
    pub fn is_predefined(&self) -> bool {
        matches!(self.body, BodySource::Predefined(_))
    }

    /// Returns the command, with the limit of its body. The default role is `user` for a reply and `assistant` for a note.
    #[must_use]
    pub fn into_command(self, body_limit: BodyLimit) -> NewMessage {
        let Self { fields, body } = self;
        let kind = fields.kind.unwrap_or(MessageType::Reply);
        let default_role = match kind {
            MessageType::Reply => Role::User,
            MessageType::Note => Role::Assistant,
        };
        NewMessage {
            role: fields.role.unwrap_or(default_role),
            kind,
            body,
            body_limit,
            content: fields.content,
            sender: fields.sender.map(Sender::from),
            external_id: fields.external_id,
            attachments: fields.attachments.unwrap_or_default().ids(),
            metadata: fields.metadata.unwrap_or_default(),
        }
    }
}

/// The author of a message.
#[derive(Debug, Clone, Deserr, Serialize, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = Sender)]
pub struct SenderObject {
    /// The id of the person or program in your own system.
    #[deserr(default)]
    pub id: Option<ExternalId>,
    /// The display name.
    #[deserr(default)]
    pub name: Option<PersonName>,
    /// The email address.
    #[deserr(default)]
    pub email: Option<Email>,
}

impl From<SenderObject> for Sender {
    fn from(SenderObject { id, name, email }: SenderObject) -> Self {
        Self { id, name, email }
    }
}

impl From<Sender> for SenderObject {
    fn from(Sender { id, name, email }: Sender) -> Self {
        Self { id, name, email }
    }
}

/// A message of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub struct MessageObject {
    object: MessageTag,
    /// The id. Ids sort in the order in which messages were committed.
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    conversation_id: String,
    role: Role,
    #[serde(rename = "type")]
    kind: MessageType,
    /// The text. Empty in a message with attachments or content alone.
    body: String,
    #[schema(required, value_type = MessageContent)]
    content: Option<MessageContent>,
    #[schema(required)]
    sender: Option<SenderObject>,
    /// The channel of the conversation.
    channel: Channel,
    delivery_status: DeliveryStatus,
    /// The provider's id of the message.
    #[schema(required)]
    external_id: Option<String>,
    /// The attached files.
    attachments: Vec<AttachmentObject>,
    metadata: Metadata,
    /// The time of creation.
    #[schema(format = "date-time")]
    created_at: String,
}

impl From<&Message> for MessageObject {
    fn from(message: &Message) -> Self {
        let draft = &message.draft;
        Self {
            object: MessageTag,
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            role: draft.role,
            kind: draft.kind,
            body: draft.body.as_ref().map(ToString::to_string).unwrap_or_default(),
            content: draft.content.clone(),
            sender: draft.sender.clone().map(SenderObject::from),
            channel: message.channel(),
            delivery_status: message.delivery_status(),
            external_id: draft.external_id.as_ref().map(ToString::to_string),
            attachments: draft.attachments.iter().map(AttachmentObject::from).collect(),
            metadata: draft.metadata.clone(),
            created_at: message.created_at().to_string(),
        }
    }
}
