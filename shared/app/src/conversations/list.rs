use deskless_domain::{Conversation, ConversationFilter, ConversationId, Field, Order, Status, View, ViewId};
use deskless_store::{
    ChangePage, ChangePosition, ConversationPage, CreationPage, CustomerStore, Directory, Position, StoreError,
    TenantStore,
};

use crate::{AppError, references};

/// What a list of conversations is sorted by, and the position after which its page starts.
#[derive(Debug, Clone, Copy)]
pub enum Walk {
    /// By activity: the time of the newest reply, or of creation.
    ByActivity(Order, Option<Position>),
    /// By creation.
    ByCreation(Order, Option<ConversationId>),
    /// In the order in which they have changed.
    ByChange(ChangePosition),
}

/// A command to list conversations.
#[derive(Debug, Clone)]
pub struct ListConversations {
    /// Filters that must all match, as [`resolve_filters`] returns them.
    pub filters: Vec<ConversationFilter>,
    /// The order, and the position in it.
    pub walk: Walk,
    /// The page size.
    pub limit: usize,
}

/// A page of conversations with the names of the resources that they refer to.
#[derive(Debug)]
pub struct ConversationList {
    /// The conversations.
    pub conversations: Vec<Conversation>,
    /// The position after which the next page starts; `None` on the last page. In the order of changes, there is always one.
    pub next: Option<Walk>,
    /// Whether there are more conversations now.
    pub has_more: bool,
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
    let ListConversations { filters, walk, limit } = command;
    let (conversations, next, has_more) = match *walk {
        Walk::ByActivity(order, after) => {
            let ConversationPage { conversations, next } =
                store.list_conversations(filters, order, after, *limit).await?;
            (conversations, next.map(|next| Walk::ByActivity(order, Some(next))), next.is_some())
        }
        Walk::ByCreation(order, after) => {
            let CreationPage { conversations, next } =
                store.list_conversations_by_creation(filters, order, after, *limit).await?;
            (conversations, next.map(|next| Walk::ByCreation(order, Some(next))), next.is_some())
        }
        Walk::ByChange(after) => {
            let ChangePage { conversations, next, has_more } = store.list_changes(after, *limit).await?;
            let matching = matching(store, conversations, filters).await?;
            (matching, Some(Walk::ByChange(next)), has_more)
        }
    };
    let names = references::names(store, conversations.iter().map(|conversation| &conversation.placement)).await?;
    Ok(ConversationList { conversations, next, has_more, names })
}

/// Returns the conversations that match all filters.
async fn matching(
    store: &TenantStore,
    conversations: Vec<Conversation>,
    filters: &[ConversationFilter],
) -> Result<Vec<Conversation>, AppError> {
    let Some(filters) = store.resolve_emails(filters).await? else { return Ok(Vec::new()) };
    let now = store.clock().now();
    let matches = |conversation: &Conversation| filters.iter().all(|filter| filter.matches(conversation, now));
    Ok(conversations.into_iter().filter(matches).collect())
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
