use deserr::Deserr;
use deskless_domain::{
    Attachment, Channel, ConversationId, DeliveryStatus, Email, ExternalId, Message, MessageBody, MessageDraft,
    MessageType, Metadata, PersonName, Role, Sender,
};
use deskless_store::TenantStore;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    MessageTag,
    attachment::{AttachmentObject, AttachmentRequest, AttachmentsRequest, fits},
};
use crate::{InvalidRequest, Problem};

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
    /// At most ten registered files of the conversation, or of the workspace.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<AttachmentRequest>>, max_items = 10)]
    pub attachments: Option<AttachmentsRequest>,
    /// Data of your own.
    #[deserr(default)]
    pub metadata: Option<Metadata>,
}

impl CreateMessageRequest {
    /// Whether files are to be looked up for it.
    #[must_use]
    pub fn has_attachments(&self) -> bool {
        self.attachments.as_ref().is_some_and(|attachments| !attachments.is_empty())
    }

    /// The message, with what it keeps of its files. `conversation` is the one that it is for, if there is one already, and
    /// `at` what stands before its fields in the body.
    ///
    /// # Errors
    /// `invalid_request` with the files that are none; whatever the table says.
    pub async fn draft(
        mut self,
        store: &TenantStore,
        conversation: Option<ConversationId>,
        at: &str,
    ) -> Result<MessageDraft, Problem> {
        let wanted = self.attachments.take().unwrap_or_default();
        let files = store.ready_files(&wanted.ids()).await?;
        let attachments = wanted.resolve(files, |file| fits(file, conversation), at)?;
        Ok(self.with(attachments))
    }
}

impl CreateMessageRequest {
    /// The message, with these files.
    fn with(self, attachments: Vec<Attachment>) -> MessageDraft {
        let request = self;
        let kind = request.kind.unwrap_or(MessageType::Reply);
        let usual = match kind {
            MessageType::Reply => Role::User,
            MessageType::Note => Role::Assistant,
        };
        MessageDraft {
            role: request.role.unwrap_or(usual),
            kind,
            body: request.body,
            sender: request.sender.map(Sender::from),
            external_id: request.external_id,
            attachments,
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
    attachments: Vec<AttachmentObject>,
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
            attachments: draft.attachments.iter().map(AttachmentObject::from).collect(),
            metadata: draft.metadata.clone(),
            created_at: message.created_at().to_string(),
        }
    }
}
