use deskless_domain::{
    Attachment, Conversation, ConversationId, Field, Invalid, Kind, MessageBody, Placement, PredefinedMessage,
    PredefinedMessageId, Template, TemplateNames, TemplateVariable,
};
use deskless_store::{StoreError, TenantStore};

use crate::AppError;

/// AP-82: Renders a predefined message for an existing conversation. Reads both at the same time. Returns the text and the file.
pub(crate) async fn fill_for(
    store: &TenantStore,
    conversation: ConversationId,
    message: PredefinedMessageId,
) -> Result<(MessageBody, Option<Attachment>), AppError> {
    let (conversation, message) = tokio::join!(store.get_conversation(conversation), find(store, message));
    let (conversation, message) = (conversation?, message?);
    reply(store, &message, &conversation).await
}

/// Renders a predefined message for a conversation. Returns the text and the file. A file costs one more read (AP-66).
pub(crate) async fn reply(
    store: &TenantStore,
    message: &PredefinedMessage,
    conversation: &Conversation,
) -> Result<(MessageBody, Option<Attachment>), AppError> {
    let body = async {
        let names = template_names(store, &message.content, &conversation.placement).await?;
        fill(&message.content, conversation, &names)
    };
    tokio::try_join!(body, file(store, message))
}

/// AP-83: Reads a predefined message with the names and the file that it uses, for a new conversation.
pub(crate) async fn template_for(
    store: &TenantStore,
    message: PredefinedMessageId,
    placement: &Placement,
) -> Result<(Template, TemplateNames, Option<Attachment>), AppError> {
    let message = find(store, message).await?;
    let names = template_names(store, &message.content, placement).await?;
    let file = file(store, &message).await?;
    Ok((message.content, names, file))
}

/// Renders a template for a conversation.
pub(crate) fn fill(
    template: &Template,
    conversation: &Conversation,
    names: &TemplateNames,
) -> Result<MessageBody, AppError> {
    let body = template.body(conversation, names);
    body.map_err(|invalid| AppError::invalid(Field::PredefinedMessage, invalid))
}

/// Returns the names that a template uses. The names of inboxes and members come from AP-20, the name of the workspace from its settings.
/// Reads nothing for a template without them.
pub(super) async fn template_names(
    store: &TenantStore,
    template: &Template,
    placement: &Placement,
) -> Result<TemplateNames, AppError> {
    let assignee = placement.assignee_id.filter(|_| template.names(TemplateVariable::AssigneeName));
    let inbox = placement.inbox_id.filter(|_| template.names(TemplateVariable::InboxName));
    let kinds: Vec<_> = [(Kind::Member, assignee.is_some()), (Kind::Inbox, inbox.is_some())]
        .into_iter()
        .filter_map(|(kind, is_used)| is_used.then_some(kind))
        .collect();
    let directory = async {
        let cached = store.directory(&kinds).await?;
        let is_known =
            assignee.is_none_or(|id| cached.member(id).is_some()) && inbox.is_none_or(|id| cached.inbox(id).is_some());
        if is_known { Ok(cached) } else { store.fresh_directory(&kinds).await }
    };
    let workspace =
        async { if template.names(TemplateVariable::WorkspaceName) { store.workspace_name().await } else { Ok(None) } };
    let (directory, workspace) = tokio::try_join!(directory, workspace)?;
    Ok(TemplateNames {
        assignee: assignee.and_then(|id| directory.member(id)).map(|entry| entry.name.clone()),
        inbox: inbox.and_then(|id| directory.inbox(id)).map(|entry| entry.name.clone()),
        workspace,
    })
}

async fn find(store: &TenantStore, id: PredefinedMessageId) -> Result<PredefinedMessage, AppError> {
    match store.get_resource::<PredefinedMessage>(id).await {
        Ok(found) => Ok(found.fields),
        Err(StoreError::NotFound) => Err(AppError::no_such(Field::PredefinedMessage, "predefined message")),
        Err(error) => Err(error.into()),
    }
}

async fn file(store: &TenantStore, message: &PredefinedMessage) -> Result<Option<Attachment>, AppError> {
    let Some(file) = message.file else { return Ok(None) };
    if let Some(file) = store.ready_files(&[file.id]).await?.pop().flatten() {
        Ok(Some(Attachment::from(file)))
    } else {
        let message = "refers to a predefined message whose file was deleted; update the predefined message first";
        Err(AppError::invalid(Field::PredefinedMessage, Invalid::new("not_found", message)))
    }
}
