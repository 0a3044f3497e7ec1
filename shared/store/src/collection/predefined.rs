use deskless_domain::{
    Attachment, Conversation, ConversationId, Invalid, InvalidField, Kind, MessageBody, Placement, PredefinedMessage,
    PredefinedMessageId, Resource, Template, TemplateNames, TemplateVariable,
};

use crate::{StoreError, TenantStore, item, workspace::WorkspaceItem};

/// The field with which a message names a predefined one.
const FIELD: &str = "predefinedMessageId";

impl TenantStore {
    /// AP-16: a predefined message that a request refers to in this field.
    ///
    /// # Errors
    /// [`StoreError::NoSuchReference`] of the field when the workspace has no such message.
    pub async fn predefined_message(
        &self,
        id: PredefinedMessageId,
        field: &'static str,
    ) -> Result<Resource<PredefinedMessage>, StoreError> {
        self.get_resource(id).await.map_err(|error| match error {
            StoreError::NotFound => StoreError::NoSuchReference(field),
            other => other,
        })
    }

    /// AP-81: the names that a template says of a conversation that stands there. Nothing is read for one that says none;
    /// those of inboxes and members come from AP-20, at most 30 s old.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn template_names(&self, template: &Template, at: &Placement) -> Result<TemplateNames, StoreError> {
        let assignee = at.assignee_id.filter(|_| template.names(TemplateVariable::AssigneeName));
        let inbox = at.inbox_id.filter(|_| template.names(TemplateVariable::InboxName));
        let kinds: Vec<_> = [(Kind::Member, assignee.is_some()), (Kind::Inbox, inbox.is_some())]
            .into_iter()
            .filter_map(|(kind, is_named)| is_named.then_some(kind))
            .collect();
        let directory = async {
            let known = self.directory(&kinds).await?;
            let is_known = assignee.is_none_or(|id| known.member(id).is_some())
                && inbox.is_none_or(|id| known.inbox(id).is_some());
            // Something may be newer than what this process remembers.
            if is_known { Ok(known) } else { self.fresh_directory(&kinds).await }
        };
        let workspace = async {
            if template.names(TemplateVariable::WorkspaceName) { self.workspace_name().await } else { Ok(None) }
        };
        let (directory, workspace) = tokio::try_join!(directory, workspace)?;
        Ok(TemplateNames {
            assignee: assignee.and_then(|id| directory.member(id)).map(|entry| entry.name.clone()),
            inbox: inbox.and_then(|id| directory.inbox(id)).map(|entry| entry.name.clone()),
            workspace,
        })
    }

    /// AP-81: the text that a predefined message makes for a conversation, however long.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn render(&self, message: &PredefinedMessage, conversation: &Conversation) -> Result<String, StoreError> {
        let names = self.template_names(&message.content, &conversation.placement).await?;
        Ok(message.content.render(conversation, &names))
    }

    /// AP-66: the file that comes with a predefined message, as the message to a conversation keeps it.
    ///
    /// # Errors
    /// [`StoreError::InvalidField`] of the field that named the message, when its file was deleted since.
    pub async fn predefined_file(
        &self,
        message: &PredefinedMessage,
        field: &'static str,
    ) -> Result<Option<Attachment>, StoreError> {
        let Some(file) = message.file else { return Ok(None) };
        let gone = || {
            let gone = Invalid::new("not_found", "names a predefined message whose file was deleted: change it first");
            StoreError::InvalidField(InvalidField::new(field, gone))
        };
        self.ready_files(&[file.id]).await?.pop().flatten().map(Attachment::from).map(Some).ok_or_else(gone)
    }

    /// AP-82: the body and the file for a message that is about to be written: the conversation and the predefined message are
    /// read at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation, [`StoreError::NoSuchReference`] and
    /// [`StoreError::InvalidField`] of `predefinedMessageId`.
    pub async fn word_message(
        &self,
        conversation: ConversationId,
        message: PredefinedMessageId,
    ) -> Result<(MessageBody, Option<Attachment>), StoreError> {
        let (conversation, message) =
            tokio::join!(self.get_conversation(conversation), self.predefined_message(message, FIELD));
        let (conversation, message) = (conversation?, message?);
        self.predefined_reply(&message.fields, &conversation).await
    }

    /// AP-82: the body and the file that a predefined message makes for a conversation.
    ///
    /// # Errors
    /// [`StoreError::InvalidField`] of `predefinedMessageId` when the text is empty or too long, now that it is filled, or the
    /// file was deleted.
    pub async fn predefined_reply(
        &self,
        message: &PredefinedMessage,
        conversation: &Conversation,
    ) -> Result<(MessageBody, Option<Attachment>), StoreError> {
        let body = async {
            let names = self.template_names(&message.content, &conversation.placement).await?;
            body(&message.content, conversation, &names, FIELD)
        };
        tokio::try_join!(body, self.predefined_file(message, FIELD))
    }

    /// AP-84: what the workspace is called.
    async fn workspace_name(&self) -> Result<Option<String>, StoreError> {
        let found = self.get_with(self.keys().workspace(), false).await?;
        found.map(|found| item::read::<WorkspaceItem>(found).map(|workspace| workspace.name.to_string())).transpose()
    }
}

/// The body that a template makes for a conversation; `field` is what named the template.
pub(crate) fn body(
    template: &Template,
    conversation: &Conversation,
    names: &TemplateNames,
    field: &str,
) -> Result<MessageBody, StoreError> {
    template.body(conversation, names).map_err(|invalid| StoreError::InvalidField(InvalidField::new(field, invalid)))
}
