//! From what a caller wants to say to the draft of a message.

use deskless_domain::{
    Attachment, Conversation, ConversationId, CustomerId, ExternalId, Field, File, FileId, Invalid, InvalidField,
    MessageBody, MessageDraft, MessageType, Metadata, Placement, PredefinedMessageId, Role, Sender, Template,
    TemplateNames,
};
use deskless_store::{CustomerStore, TenantStore};

use crate::{AppError, predefined_messages};

/// A message to add.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Who speaks.
    pub role: Role,
    /// A reply to the customer, or an internal note.
    pub kind: MessageType,
    /// The text, or where it comes from.
    pub body: BodySource,
    /// The author.
    pub sender: Option<Sender>,
    /// The provider's id of the message, unique in the conversation.
    pub external_id: Option<ExternalId>,
    /// The files to attach.
    pub attachments: Vec<FileId>,
    /// The caller's own data.
    pub metadata: Metadata,
}

/// Where a message's text comes from.
#[derive(Debug, Clone)]
pub enum BodySource {
    /// It is given.
    Text(MessageBody),
    /// A predefined message is filled in with the conversation.
    Predefined(PredefinedMessageId),
}

/// A message that a customer adds with a client key.
#[derive(Debug, Clone)]
pub struct CustomerMessage {
    /// The text.
    pub body: MessageBody,
    /// The files to attach.
    pub attachments: Vec<FileId>,
}

/// A message whose references are resolved.
#[derive(Debug, Clone)]
pub enum ResolvedMessage {
    /// The text is known.
    Text(MessageDraft),
    /// The text is filled in when the conversation is known.
    Template {
        /// The draft, with an empty place for the text.
        rest: Box<DraftWithoutBody>,
        /// The text's template.
        template: Template,
        /// The names that the template uses.
        names: TemplateNames,
    },
}

/// A draft that lacks its text.
#[derive(Debug, Clone)]
pub struct DraftWithoutBody {
    role: Role,
    kind: MessageType,
    sender: Option<Sender>,
    external_id: Option<ExternalId>,
    attachments: Vec<Attachment>,
    metadata: Metadata,
}

impl DraftWithoutBody {
    fn with_body(self, body: MessageBody) -> MessageDraft {
        let Self { role, kind, sender, external_id, attachments, metadata } = self;
        MessageDraft { role, kind, body, sender, external_id, attachments, metadata }
    }
}

impl ResolvedMessage {
    /// Returns the draft for a conversation.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when the predefined message gives no valid text for this conversation.
    pub fn draft(&self, conversation: &Conversation) -> Result<MessageDraft, AppError> {
        match self {
            Self::Text(draft) => Ok(draft.clone()),
            Self::Template { rest, template, names } => {
                let body = predefined_messages::fill(template, conversation, names)?;
                Ok(rest.clone().with_body(body))
            }
        }
    }
}

impl NewMessage {
    /// Resolves a message for a conversation that exists. Nothing is read for a plain text without attachments.
    pub(super) async fn resolve(
        self,
        store: &TenantStore,
        conversation: ConversationId,
    ) -> Result<MessageDraft, AppError> {
        let belongs = move |file: &File| file.draft.conversation_id.is_none_or(|of| of == conversation);
        let source = self.body.clone();
        let text = async {
            match source {
                BodySource::Text(body) => Ok((body, None)),
                // Boxed: it is large, and most messages do without.
                BodySource::Predefined(id) => Box::pin(predefined_messages::fill_for(store, conversation, id)).await,
            }
        };
        let (attachments, text) = tokio::join!(attachments(store, &self.attachments, belongs), text);
        let (attachments, (body, file)) = (attachments?, text?);
        Ok(self.without_body(with_file(attachments, file)?).with_body(body))
    }

    /// Resolves the first message of a conversation that does not exist yet.
    pub(crate) async fn resolve_first(
        self,
        store: &TenantStore,
        placement: &Placement,
    ) -> Result<ResolvedMessage, AppError> {
        // A new conversation has no files of its own.
        let belongs = |file: &File| file.draft.conversation_id.is_none();
        let source = self.body.clone();
        match source {
            BodySource::Text(body) => {
                let attachments = attachments(store, &self.attachments, belongs).await?;
                Ok(ResolvedMessage::Text(self.without_body(attachments).with_body(body)))
            }
            BodySource::Predefined(id) => {
                let template = Box::pin(predefined_messages::template_for(store, id, placement));
                let (attachments, template) = tokio::join!(attachments(store, &self.attachments, belongs), template);
                let (attachments, (template, names, file)) = (attachments?, template?);
                let rest = self.without_body(with_file(attachments, file)?);
                Ok(ResolvedMessage::Template { rest: Box::new(rest), template, names })
            }
        }
    }

    fn without_body(self, attachments: Vec<Attachment>) -> DraftWithoutBody {
        let Self { role, kind, body: _, sender, external_id, attachments: _, metadata } = self;
        DraftWithoutBody { role, kind, sender, external_id, attachments, metadata }
    }
}

impl CustomerMessage {
    /// Resolves a customer's message. Nothing is read for one without attachments.
    pub(super) async fn resolve(
        self,
        store: &CustomerStore,
        conversation: ConversationId,
    ) -> Result<MessageDraft, AppError> {
        if self.attachments.is_empty() {
            return self.without_files(store.customer());
        }
        let found = store.ready_files(conversation, &self.attachments).await?;
        let attachments = attachable(found, |file| file.draft.conversation_id == Some(conversation))?;
        Ok(MessageDraft { attachments, ..self.draft(store.customer()) })
    }

    /// Returns a customer's message for a conversation that has no files.
    pub(crate) fn without_files(self, customer: &CustomerId) -> Result<MessageDraft, AppError> {
        attachable(self.attachments.iter().map(|_| None).collect(), |_| false)?;
        Ok(self.draft(customer))
    }

    fn draft(self, customer: &CustomerId) -> MessageDraft {
        let sender = Sender { id: ExternalId::parse(customer.to_string()).ok(), ..Sender::default() };
        MessageDraft {
            role: Role::User,
            kind: MessageType::Reply,
            body: self.body,
            sender: Some(sender),
            external_id: None,
            attachments: Vec::new(),
            metadata: Metadata::default(),
        }
    }
}

async fn attachments(
    store: &TenantStore,
    ids: &[FileId],
    belongs: impl Fn(&File) -> bool,
) -> Result<Vec<Attachment>, AppError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    attachable(store.ready_files(ids).await?, belongs)
}

/// Converts files, each at its index, into attachments. A file that does not exist, is not ready or belongs elsewhere gives the
/// same error, so that an error does not tell which of these it is.
fn attachable(found: Vec<Option<File>>, belongs: impl Fn(&File) -> bool) -> Result<Vec<Attachment>, AppError> {
    let none = || Invalid::new("not_found", "must be the id of a registered file that can be attached here");
    let (mut attachments, mut wrong) = (Vec::new(), Vec::new());
    for (i, file) in found.into_iter().enumerate() {
        match file.filter(&belongs) {
            Some(file) => attachments.push(Attachment::from(file)),
            None => wrong.push(InvalidField::new(Field::Attachment(i), none())),
        }
    }
    if wrong.is_empty() { Ok(attachments) } else { Err(AppError::Invalid(wrong)) }
}

fn with_file(mut attachments: Vec<Attachment>, file: Option<Attachment>) -> Result<Vec<Attachment>, AppError> {
    if let Some(file) = file {
        Attachment::add(&mut attachments, file).map_err(|invalid| AppError::invalid(Field::Attachments, invalid))?;
    }
    Ok(attachments)
}
