use deskless_domain::{Conversation, ConversationFilter, Field, Order, Status, View, ViewId};
use deskless_store::{ConversationPage, CustomerStore, Directory, Position, StoreError, TenantStore};

use crate::{AppError, references};

/// Lists conversations.
#[derive(Debug, Clone)]
pub struct ListConversations {
    /// Filters that must all match, as [`resolve_filters`] returns them.
    pub filters: Vec<ConversationFilter>,
    /// By activity, newest or oldest first.
    pub order: Order,
    /// Where the page begins.
    pub after: Option<Position>,
    /// The maximum number of conversations.
    pub limit: usize,
}

/// A page of conversations with the names of what they refer to.
#[derive(Debug)]
pub struct ConversationList {
    /// The conversations.
    pub conversations: Vec<Conversation>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
    /// The names of what the conversations refer to.
    pub names: Directory,
}

/// Returns the filters of a list: the given one and, if a saved view is named, the view's.
///
/// # Errors
/// [`AppError::Invalid`] when there is no such view.
pub async fn resolve_filters(
    store: &TenantStore,
    filter: ConversationFilter,
    view: Option<ViewId>,
) -> Result<Vec<ConversationFilter>, AppError> {
    let mut filters = vec![filter];
    if let Some(view) = view {
        filters.push(view_filter(store, view).await?);
    }
    Ok(filters)
}

/// Lists conversations.
///
/// # Errors
/// When the table does not answer.
pub async fn list(store: &TenantStore, command: &ListConversations) -> Result<ConversationList, AppError> {
    let ListConversations { filters, order, after, limit } = command;
    let ConversationPage { conversations, next } = store.list_conversations(filters, *order, *after, *limit).await?;
    let names = references::names(store, conversations.iter().map(|conversation| &conversation.placement)).await?;
    Ok(ConversationList { conversations, next, names })
}

/// Lists a customer's conversations.
///
/// # Errors
/// When the table does not answer.
pub async fn list_own(
    store: &CustomerStore,
    status: Option<Status>,
    order: Order,
    after: Option<Position>,
    limit: usize,
) -> Result<ConversationPage, AppError> {
    Ok(store.list_conversations(status, order, after, limit).await?)
}

/// Reads the filter of a saved view.
pub(crate) async fn view_filter(store: &TenantStore, id: ViewId) -> Result<ConversationFilter, AppError> {
    match store.get_resource::<View>(id).await {
        Ok(view) => Ok(view.fields.filter),
        Err(StoreError::NotFound) => Err(AppError::no_such(Field::View, "view")),
        Err(error) => Err(error.into()),
    }
}
