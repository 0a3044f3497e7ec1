use deskless_domain::{Conversation, ConversationFilter, Field, Order, Status, View, ViewId};
use deskless_store::{ConversationPage, CustomerStore, Directory, Position, StoreError, TenantStore};

use crate::{AppError, references};

/// A command to list conversations.
#[derive(Debug, Clone)]
pub struct ListConversations {
    /// Filters that must all match, as [`resolve_filters`] returns them.
    pub filters: Vec<ConversationFilter>,
    /// The order by activity: newest or oldest first.
    pub order: Order,
    /// The position after which the page starts.
    pub after: Option<Position>,
    /// The page size.
    pub limit: usize,
}

/// A page of conversations with the names of the resources that they refer to.
#[derive(Debug)]
pub struct ConversationList {
    /// The conversations.
    pub conversations: Vec<Conversation>,
    /// The position after which the next page starts; `None` on the last page.
    pub next: Option<Position>,
    /// The names of the resources.
    pub names: Directory,
}

/// Returns the filters of a list: the one of the request and that of the saved view.
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
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(store: &TenantStore, command: &ListConversations) -> Result<ConversationList, AppError> {
    let ListConversations { filters, order, after, limit } = command;
    let ConversationPage { conversations, next } = store.list_conversations(filters, *order, *after, *limit).await?;
    let names = references::names(store, conversations.iter().map(|conversation| &conversation.placement)).await?;
    Ok(ConversationList { conversations, next, names })
}

/// AP-53: Lists a customer's conversations.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_own(
    store: &CustomerStore,
    status: Option<Status>,
    order: Order,
    after: Option<Position>,
    limit: usize,
) -> Result<ConversationPage, AppError> {
    Ok(store.list_conversations(status, order, after, limit).await?)
}

/// Returns the filter of a saved view.
pub(crate) async fn view_filter(store: &TenantStore, id: ViewId) -> Result<ConversationFilter, AppError> {
    match store.get_resource::<View>(id).await {
        Ok(view) => Ok(view.fields.filter),
        Err(StoreError::NotFound) => Err(AppError::no_such(Field::View, "view")),
        Err(error) => Err(error.into()),
    }
}
