//! Resolves the message of a command into a draft.

use deskless_domain::{
    Attachment, BodyLimit, Conversation, ConversationId, CustomerId, ExternalId, Field, File, FileId, Invalid,
    InvalidField, MessageBody, MessageContent, MessageDraft, MessageType, Metadata, Placement, PredefinedMessageId,
    Role, Sender, Template, TemplateNames, authorization::customer_may_see,
};
use deskless_store::{CustomerStore, TenantStore};

use crate::{AppError, predefined_messages};

/// A message to add.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The role of the author.
    pub role: Role,
    /// The type: a reply to the customer, or an internal note.
    pub kind: MessageType,
    /// The text, or the predefined message that has it.
    pub body: BodySource,
    /// The most characters of a text in the command. A dialect whose service has no limit passes [`BodyLimit::MAX`].
    pub body_limit: BodyLimit,
    /// The structured content, which is kept whole.
    pub content: Option<MessageContent>,
    /// The author.
    pub sender: Option<Sender>,
    /// The provider's id of the message, unique in the conversation.
    pub external_id: Option<ExternalId>,
    /// The files to attach.
    pub attachments: Vec<FileId>,
    /// The caller's own data.
    pub metadata: Metadata,
}

/// The source of a message's text.
#[derive(Debug, Clone)]
pub enum BodySource {
    /// A text in the command.
    Text(MessageBody),
    /// A predefined message, rendered for the conversation.
    Predefined(PredefinedMessageId),
    /// None: the message has files or structured content alone.
    Empty,
}

/// A message that a customer adds with a client key.
#[derive(Debug, Clone)]
pub struct CustomerMessage {
    /// The text; `None` for a message with files alone.
    pub body: Option<MessageBody>,
    /// The most characters of the text.
    pub body_limit: BodyLimit,
    /// The files to attach.
    pub attachments: Vec<FileId>,
}

/// A message whose references are resolved.
#[derive(Debug, Clone)]
pub enum ResolvedMessage {
    /// A draft with its text.
    Text(MessageDraft),
    /// A template, which is rendered when the conversation is known.
    Template {
        /// The draft without its text.
        rest: Box<DraftWithoutBody>,
        /// The template of the text.
        template: Template,
        /// The names that the template uses.
        names: TemplateNames,
    },
}

/// A draft without its text.
#[derive(Debug, Clone)]
pub struct DraftWithoutBody {
    role: Role,
    kind: MessageType,
    content: Option<MessageContent>,
    sender: Option<Sender>,
    external_id: Option<ExternalId>,
    attachments: Vec<Attachment>,
    metadata: Metadata,
}

impl DraftWithoutBody {
    fn with_body(self, body: Option<MessageBody>) -> MessageDraft {
        let Self { role, kind, content, sender, external_id, attachments, metadata } = self;
        MessageDraft { role, kind, body, content, sender, external_id, attachments, metadata }
    }
}

impl ResolvedMessage {
    /// Returns the draft for a conversation.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when the rendered text is invalid for this conversation.
    pub fn draft(&self, conversation: &Conversation) -> Result<MessageDraft, AppError> {
        match self {
            Self::Text(draft) => Ok(draft.clone()),
            Self::Template { rest, template, names } => {
                let body = predefined_messages::fill(template, conversation, names)?;
                Ok(rest.clone().with_body(Some(body)))
            }
        }
    }
}

impl NewMessage {
    /// Resolves a message for an existing conversation. Reads nothing for a plain text without attachments. Also returns the
    /// internal files of the conversation that the message shares with its customer.
    pub(super) async fn resolve(
        self,
        store: &TenantStore,
        conversation: ConversationId,
    ) -> Result<(MessageDraft, Vec<FileId>), AppError> {
        self.check_length()?;
        let is_allowed = move |file: &File| file.draft.conversation_id.is_none_or(|id| id == conversation);
        let source = self.body.clone();
        let text = async {
            match source {
                BodySource::Text(body) => Ok((Some(body), None)),
                BodySource::Empty => Ok((None, None)),
                // Boxed because the future is large, and most messages do not need it.
                BodySource::Predefined(id) => {
                    let filled = Box::pin(predefined_messages::fill_for(store, conversation, id)).await;
                    filled.map(|(body, file)| (Some(body), file))
                }
            }
        };
        let (files, text) = tokio::join!(store.ready_files(&self.attachments), text);
        let (files, (body, file)) = (files?, text?);
        let attachments = attachable(files.clone(), is_allowed)?;
        // A note shares nothing.
        let is_shared =
            |file: &&File| self.kind == MessageType::Reply && file.draft.conversation_id.is_some() && !file.shared;
        let shared = files.iter().flatten().filter(is_shared).map(|file| file.id).collect();
        Ok((self.without_body(with_file(attachments, file)?).with_body(body), shared))
    }

    /// Resolves the first message of a new conversation.
    pub(crate) async fn resolve_first(
        self,
        store: &TenantStore,
        placement: &Placement,
    ) -> Result<ResolvedMessage, AppError> {
        self.check_length()?;
        // A new conversation has no files.
        let is_allowed = |file: &File| file.draft.conversation_id.is_none();
        let text = match self.body.clone() {
            BodySource::Text(body) => Ok(Some(body)),
            BodySource::Empty => Ok(None),
            BodySource::Predefined(id) => Err(id),
        };
        match text {
            Ok(body) => {
                let attachments = attachments(store, &self.attachments, is_allowed).await?;
                Ok(ResolvedMessage::Text(self.without_body(attachments).with_body(body)))
            }
            Err(id) => {
                let template = Box::pin(predefined_messages::template_for(store, id, placement));
                let (attachments, template) = tokio::join!(attachments(store, &self.attachments, is_allowed), template);
                let (attachments, (template, names, file)) = (attachments?, template?);
                let rest = self.without_body(with_file(attachments, file)?);
                Ok(ResolvedMessage::Template { rest: Box::new(rest), template, names })
            }
        }
    }

    fn check_length(&self) -> Result<(), AppError> {
        match &self.body {
            BodySource::Text(body) => check_length(body, self.body_limit),
            BodySource::Predefined(_) | BodySource::Empty => Ok(()),
        }
    }

    fn without_body(self, attachments: Vec<Attachment>) -> DraftWithoutBody {
        let Self { role, kind, body: _, body_limit: _, content, sender, external_id, attachments: _, metadata } = self;
        DraftWithoutBody { role, kind, content, sender, external_id, attachments, metadata }
    }
}

impl CustomerMessage {
    /// Resolves a customer's message. Reads nothing for a message without attachments.
    pub(super) async fn resolve(
        self,
        store: &CustomerStore,
        conversation: ConversationId,
    ) -> Result<MessageDraft, AppError> {
        if self.attachments.is_empty() {
            return self.without_files(store.customer());
        }
        self.check_length()?;
        let found = store.ready_files(conversation, &self.attachments).await?;
        let attachments =
            attachable(found, |file| file.draft.conversation_id == Some(conversation) && customer_may_see(file))?;
        Ok(MessageDraft { attachments, ..self.draft(store.customer()) })
    }

    /// Returns a customer's message for a new conversation, which has no files.
    pub(crate) fn without_files(self, customer: &CustomerId) -> Result<MessageDraft, AppError> {
        self.check_length()?;
        attachable(self.attachments.iter().map(|_| None).collect(), |_| false)?;
        Ok(self.draft(customer))
    }

    fn check_length(&self) -> Result<(), AppError> {
        self.body.as_ref().map_or(Ok(()), |body| check_length(body, self.body_limit))
    }

    fn draft(self, customer: &CustomerId) -> MessageDraft {
        let sender = Sender { id: ExternalId::parse(customer.to_string()).ok(), ..Sender::default() };
        MessageDraft {
            role: Role::User,
            kind: MessageType::Reply,
            body: self.body,
            content: None,
            sender: Some(sender),
            external_id: None,
            attachments: Vec::new(),
            metadata: Metadata::default(),
        }
    }
}

fn check_length(body: &MessageBody, limit: BodyLimit) -> Result<(), AppError> {
    limit.check(body).map_err(|invalid| AppError::invalid(Field::Body, invalid))
}

async fn attachments(
    store: &TenantStore,
    ids: &[FileId],
    is_allowed: impl Fn(&File) -> bool,
) -> Result<Vec<Attachment>, AppError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    attachable(store.ready_files(ids).await?, is_allowed)
}

/// Converts files, each at its index, into attachments. A file that does not exist, is not ready or belongs to another
/// conversation gives the same error, so that the error does not disclose which files exist.
fn attachable(found: Vec<Option<File>>, is_allowed: impl Fn(&File) -> bool) -> Result<Vec<Attachment>, AppError> {
    let invalid_file = || Invalid::new("not_found", "must be the id of a registered file that can be attached here");
    let (mut attachments, mut invalid) = (Vec::new(), Vec::new());
    for (i, file) in found.into_iter().enumerate() {
        match file.filter(&is_allowed) {
            Some(file) => attachments.push(Attachment::from(file)),
            None => invalid.push(InvalidField::new(Field::Attachment(i), invalid_file())),
        }
    }
    if invalid.is_empty() { Ok(attachments) } else { Err(AppError::Invalid(invalid)) }
}

fn with_file(mut attachments: Vec<Attachment>, file: Option<Attachment>) -> Result<Vec<Attachment>, AppError> {
    if let Some(file) = file {
        Attachment::add(&mut attachments, file).map_err(|invalid| AppError::invalid(Field::Attachments, invalid))?;
    }
    Ok(attachments)
}
