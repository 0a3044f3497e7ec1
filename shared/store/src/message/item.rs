use deskless_domain::{
    Attachment, ContentType, ConversationId, DeliveryStatus, Email, ExternalId, FileId, FileSize, FileTitle, Message,
    MessageBody, MessageContent, MessageDraft, MessageId, MessageType, Metadata, PersonName, Role, Sender,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    content::{ContentObject, StoredMessage},
    item::{self, Item, string},
    keys::message_of,
    packed,
};

/// The names of the attributes that updates and expressions use.
pub(crate) mod attributes {
    /// Who made the last change.
    pub(crate) const ACTOR: &str = "ac";
    /// The object with the content of a long message.
    pub(crate) const CONTENT_OBJECT: &str = "bl";
    pub(crate) const DELIVERY_STATUS: &str = "d";
    pub(crate) const EXTERNAL_ID: &str = "x";
    /// The externalId of the first version, if a later one has changed it. Empty if it had none.
    pub(crate) const FIRST_EXTERNAL_ID: &str = "x0";
    pub(crate) const KIND: &str = "k";
    pub(crate) const ROLE: &str = "r";
}

/// A message's item. The id is in the key.
#[derive(Debug, Serialize, Deserialize)]
struct MessageItem {
    #[serde(rename = "r")]
    role: Role,
    #[serde(rename = "k")]
    kind: MessageType,
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    body: Option<MessageBody>,
    /// The structured content as JSON.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    sender: Option<SenderAttributes>,
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    external_id: Option<ExternalId>,
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(rename = "at", default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<AttachmentAttributes>,
    /// The object with the text and the structured content. `b` is then the beginning of the text.
    #[serde(rename = "bl", default, skip_serializing_if = "Option::is_none")]
    object: Option<ContentObject>,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    delivery_status: Option<DeliveryStatus>,
    #[serde(rename = "v")]
    version: u64,
    /// The externalId of the first version, if a later one has changed it. Empty if it had none.
    #[serde(rename = "x0", default, skip_serializing_if = "Option::is_none")]
    first_external_id: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SenderAttributes {
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    id: Option<ExternalId>,
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    name: Option<PersonName>,
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AttachmentAttributes {
    #[serde(rename = "f", with = "packed")]
    file_id: FileId,
    #[serde(rename = "n")]
    name: FileTitle,
    #[serde(rename = "t")]
    content_type: ContentType,
    #[serde(rename = "s")]
    size: FileSize,
}

impl From<Attachment> for AttachmentAttributes {
    fn from(Attachment { file_id, name, content_type, size }: Attachment) -> Self {
        Self { file_id, name, content_type, size }
    }
}

impl From<AttachmentAttributes> for Attachment {
    fn from(AttachmentAttributes { file_id, name, content_type, size }: AttachmentAttributes) -> Self {
        Self { file_id, name, content_type, size }
    }
}

impl TenantStore {
    /// Returns the item of a message. With an object, the message has only the beginning of its text.
    pub(crate) fn message_item(&self, message: &Message, object: Option<&ContentObject>) -> Result<Item, StoreError> {
        let draft = message.draft.clone();
        let attributes = MessageItem {
            role: draft.role,
            kind: draft.kind,
            body: draft.body,
            content: draft.content.map(|content| content.json().to_owned()),
            sender: draft.sender.map(|Sender { id, name, email }| SenderAttributes { id, name, email }),
            external_id: draft.external_id,
            metadata: (!draft.metadata.is_empty()).then(|| draft.metadata.json().to_owned()),
            attachments: draft.attachments.into_iter().map(Into::into).collect(),
            object: object.copied(),
            delivery_status: message.reported_status,
            version: message.version,
            first_external_id: None,
        };
        item::write(self.keys().message(message.conversation_id, message.id), &attributes)
    }
}

/// Converts an item to the message in its first version: reports change only the delivery status and the externalId.
pub(crate) fn read_first(conversation_id: ConversationId, item: Item) -> Result<StoredMessage, StoreError> {
    let first_id = string(&item, attributes::FIRST_EXTERNAL_ID).map(|id| ExternalId::parse(id.to_owned()).ok());
    let mut message = read(conversation_id, item)?;
    message.head.version = 1;
    message.head.reported_status = None;
    if let Some(external_id) = first_id {
        message.head.draft.external_id = external_id;
    }
    Ok(message)
}

/// Converts an item to a message of this conversation.
pub(crate) fn read(conversation_id: ConversationId, item: Item) -> Result<StoredMessage, StoreError> {
    let corrupt = |what: &str| StoreError::Internal(format!("a stored message's {what} cannot be read"));
    let id: MessageId = string(&item, "sk").and_then(message_of).ok_or_else(|| corrupt("key"))?;
    let item: MessageItem = item::read(item)?;
    let metadata = match &item.metadata {
        Some(json) => Metadata::from_json(json).map_err(|_| corrupt("metadata"))?,
        None => Metadata::default(),
    };
    let content = item.content.map(MessageContent::from_json).transpose().map_err(|_| corrupt("content"))?;
    let sender = item.sender.map(|SenderAttributes { id, name, email }| Sender { id, name, email });
    let draft = MessageDraft {
        role: item.role,
        kind: item.kind,
        body: item.body,
        content,
        sender,
        external_id: item.external_id,
        attachments: item.attachments.into_iter().map(Into::into).collect(),
        metadata,
    };
    let head = Message { id, conversation_id, draft, reported_status: item.delivery_status, version: item.version };
    Ok(StoredMessage { head, object: item.object })
}
