//! The customer view of messages: the wire format for client keys.

use deserr::{Deserr, ValuePointerRef};
use deskless_app::messages::CustomerMessage;
use deskless_domain::{BodyLimit, Invalid, Message, MessageType, PersonName, Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AttachmentObject, AttachmentRequest, AttachmentsRequest, MessageTag, message::BodyText};
use crate::{Code, InvalidRequest, Problem};

/// A message to add: always a reply with the role `user`.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields, validate = has_content -> InvalidRequest)]
#[schema(as = CreateMessageRequest, rename_all = "camelCase")]
pub struct CustomerMessageRequest {
    /// May be left out or empty in a message with attachments. At most 8,000 characters, unless the workspace has a higher limit.
    #[deserr(default)]
    #[schema(required = false)]
    body: BodyText,
    /// The role. Only `user`, which is the default.
    #[deserr(default)]
    role: Option<Role>,
    /// The type. Only `reply`, which is the default.
    #[deserr(rename = "type", default)]
    #[schema(rename = "type")]
    kind: Option<MessageType>,
    /// At most ten registered files of the conversation.
    #[deserr(default)]
    #[schema(required = false, value_type = Vec<AttachmentRequest>, max_items = 10)]
    attachments: AttachmentsRequest,
}

/// Checks that there is a text or a file.
fn has_content(
    request: CustomerMessageRequest,
    location: ValuePointerRef<'_>,
) -> Result<CustomerMessageRequest, InvalidRequest> {
    if request.body.0.is_none() && request.attachments.is_empty() {
        let empty = Invalid::new("required", "is required, unless you send `attachments`");
        return Err(InvalidRequest::at(location.push_key("body"), &empty));
    }
    Ok(request)
}

impl CustomerMessageRequest {
    /// Returns the command, with the limit of its body.
    ///
    /// # Errors
    /// `forbidden` when `type` is not `reply` or `role` is not `user`.
    pub fn into_command(self, body_limit: BodyLimit) -> Result<CustomerMessage, Problem> {
        let Self { body, role, kind, attachments } = self;
        if role.unwrap_or(Role::User) != Role::User || kind.unwrap_or(MessageType::Reply) != MessageType::Reply {
            let detail = "With a client key, `role` must be `user` and `type` must be `reply`.";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        Ok(CustomerMessage { body: body.0, body_limit, attachments: attachments.ids() })
    }
}

/// The author of a message, as customers see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sender)]
pub struct CustomerSenderObject {
    #[schema(required, value_type = Option<String>)]
    name: Option<PersonName>,
}

/// A message, as its customer sees it: a reply, without internal fields.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub struct CustomerMessageObject {
    object: MessageTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    conversation_id: String,
    role: Role,
    #[serde(rename = "type")]
    kind: MessageType,
    /// The text. Empty in a message with attachments alone.
    body: String,
    #[schema(required)]
    sender: Option<CustomerSenderObject>,
    /// The attached files.
    attachments: Vec<AttachmentObject>,
    /// The time of creation.
    #[schema(format = "date-time")]
    created_at: String,
}

impl From<&Message> for CustomerMessageObject {
    fn from(message: &Message) -> Self {
        let draft = &message.draft;
        Self {
            object: MessageTag,
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            role: draft.role,
            kind: draft.kind,
            body: draft.body.as_ref().map(ToString::to_string).unwrap_or_default(),
            sender: draft.sender.clone().map(|sender| CustomerSenderObject { name: sender.name }),
            attachments: draft.attachments.iter().map(AttachmentObject::from).collect(),
            created_at: message.created_at().to_string(),
        }
    }
}
