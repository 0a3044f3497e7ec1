use deserr::Deserr;
use deskless_domain::{
    Channel, DeliveryStatus, Email, ExternalId, Message, MessageBody, MessageDraft, MessageType, Metadata, PersonName,
    Role, Sender,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::MessageTag;
use crate::InvalidRequest;

/// A message to add to a thread.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateMessageRequest {
    /// What is said: 1 to 8,000 characters.
    pub body: MessageBody,
    /// Who speaks: `user` unless said otherwise; `assistant` for a note.
    #[deserr(default)]
    pub role: Option<Role>,
    /// `reply`, or `note` for an internal one that the customer never sees.
    #[deserr(rename = "type", default)]
    #[schema(rename = "type")]
    pub kind: Option<MessageType>,
    /// Who wrote it.
    #[deserr(default)]
    pub sender: Option<SenderObject>,
    /// The channel provider's id of the message: a second one in the same conversation gives the first message back.
    #[deserr(default)]
    pub external_id: Option<ExternalId>,
    /// Data of your own.
    #[deserr(default)]
    pub metadata: Option<Metadata>,
}

impl From<CreateMessageRequest> for MessageDraft {
    fn from(request: CreateMessageRequest) -> Self {
        let kind = request.kind.unwrap_or(MessageType::Reply);
        let usual = match kind {
            MessageType::Reply => Role::User,
            MessageType::Note => Role::Assistant,
        };
        Self {
            role: request.role.unwrap_or(usual),
            kind,
            body: request.body,
            sender: request.sender.map(Sender::from),
            external_id: request.external_id,
            metadata: request.metadata.unwrap_or_default(),
        }
    }
}

/// Who wrote a message, as you say.
#[derive(Debug, Clone, Deserr, Serialize, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(as = Sender)]
pub struct SenderObject {
    /// Your own id of the person or program.
    #[deserr(default)]
    pub id: Option<ExternalId>,
    /// The name as it is shown.
    #[deserr(default)]
    pub name: Option<PersonName>,
    /// The address.
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

/// One entry of a thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub struct MessageObject {
    object: MessageTag,
    /// Ids sort in the order in which messages were committed.
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    conversation_id: String,
    role: Role,
    #[serde(rename = "type")]
    kind: MessageType,
    #[schema(value_type = String)]
    body: MessageBody,
    #[schema(required)]
    sender: Option<SenderObject>,
    /// The conversation's.
    channel: Channel,
    delivery_status: DeliveryStatus,
    /// The channel provider's id of the message.
    #[schema(required)]
    external_id: Option<String>,
    /// Files sent with the message.
    attachments: Vec<serde_json::Value>,
    metadata: Metadata,
    /// RFC 3339 in UTC with milliseconds: the time in the id.
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
            body: draft.body.clone(),
            sender: draft.sender.clone().map(SenderObject::from),
            channel: message.channel(),
            delivery_status: message.delivery_status(),
            external_id: draft.external_id.as_ref().map(ToString::to_string),
            attachments: Vec::new(),
            metadata: draft.metadata.clone(),
            created_at: message.created_at().to_string(),
        }
    }
}
