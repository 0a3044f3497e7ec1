use deserr::Deserr;
use deskless_api::{InvalidRequest, Problem};
use deskless_app::messages::{BodySource, NewMessage};
use deskless_domain::{BodyLimit, ExternalId, MessageBody, MessageType, Metadata, Role};

use crate::chatwoot::{
    attributes::{More, Split, members},
    blank::{Blank, Unsupported},
    query::invalid,
};

/// The maximum number of characters of a message, as in the service's model.
const MAX_CHARACTERS: u32 = 150_000;

/// A message to add.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct NewMessageRequest {
    #[deserr(default)]
    content: Blank<String>,
    #[deserr(default)]
    message_type: Blank<String>,
    #[deserr(default)]
    private: Blank<bool>,
    #[deserr(default)]
    content_type: Blank<String>,
    #[deserr(default)]
    content_attributes: Blank<Metadata>,
    #[deserr(default)]
    source_id: Blank<ExternalId>,
    #[deserr(default)]
    pub echo_id: Blank<String>,
    #[deserr(default)]
    attachments: Unsupported,
}

impl NewMessageRequest {
    /// Returns the command. `field` is the name of the text in the request.
    ///
    /// # Errors
    /// `invalid_request` for an invalid text and for what is not supported.
    pub fn into_command(self, field: &str) -> Result<NewMessage, Problem> {
        if self.attachments.0 {
            return Err(invalid("attachments", "must not be sent. Files in messages are not supported"));
        }
        let role = match self.message_type.0.as_deref() {
            None | Some("outgoing") => Role::Assistant,
            Some("incoming") => Role::User,
            Some(_) => return Err(invalid("message_type", "must be incoming or outgoing")),
        };
        let kind = if self.private.0.unwrap_or_default() { MessageType::Note } else { MessageType::Reply };
        let body_limit = BodyLimit::new(MAX_CHARACTERS).map_err(|error| Problem::internal(error.message))?;
        let text = self.content.0.ok_or_else(|| invalid(field, "is required"))?;
        let body = MessageBody::parse_within(text, body_limit).map_err(|error| invalid(field, error.message))?;
        let more = More {
            content_type: self.content_type.0.filter(|content_type| content_type != "text"),
            content_attributes: self.content_attributes.0.as_ref().map(members).unwrap_or_default(),
            ..More::default()
        };
        Ok(NewMessage {
            role,
            kind,
            body: BodySource::Text(body),
            body_limit,
            content: None,
            sender: None,
            external_id: self.source_id.0,
            attachments: Vec::new(),
            metadata: Split { more, ..Split::default() }.join("content_attributes")?,
        })
    }
}
