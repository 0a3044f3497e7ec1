use deskless_domain::{Conversation, ConversationFilter, Offset, OffsetPage, Status};
pub use deskless_store::Sort;
use deskless_store::{CustomerStore, Directory, TenantStore};

#[cfg(doc)]
use super::list;
use crate::{AppError, references};

/// A command to list conversations by offset.
#[derive(Debug, Clone)]
pub struct ListConversationsAt {
    /// Filters that must all match, as [`super::resolve_filters`] returns them. A view is one of them.
    pub filters: Vec<ConversationFilter>,
    /// The order.
    pub sort: Sort,
    /// The number of conversations to skip.
    pub offset: Offset,
    /// The page size.
    pub limit: usize,
}

/// A page of conversations by offset, with the names of the resources that they refer to.
#[derive(Debug)]
pub struct ConversationsAt {
    /// The page.
    pub page: OffsetPage<Conversation>,
    /// The names of the resources.
    pub names: Directory,
}

/// AP-140 to AP-143: Lists conversations by offset, in the same order as [`list`], with their total. A page is short only at the end of
/// the list. With a `limit` of 0, only the total is read.
///
/// The total is exact if it is small or cheap to count, so it includes what was just created. Otherwise it comes from counters, which lag
/// behind a write by seconds, or is a lower bound: see [`deskless_domain::Total`]. It is never less than the rows up to the end of the
/// page, and the last page always has an exact one, so a client that reads pages up to the total reads all rows.
///
/// # Errors
/// [`AppError::Invalid`] as [`list`], and for an offset that cannot be reached in the time of a request, because too few conversations
/// match the filters; [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_at(store: &TenantStore, command: &ListConversationsAt) -> Result<ConversationsAt, AppError> {
    let ListConversationsAt { filters, sort, offset, limit } = command;
    let page = store.list_conversations_at(filters, *sort, *offset, *limit).await?;
    let names = references::names(store, page.rows.iter().map(|conversation| &conversation.placement)).await?;
    Ok(ConversationsAt { page, names })
}

/// AP-140, AP-142: Lists a customer's conversations by offset, with their total, which is exact up to 10,000.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_own_at(
    store: &CustomerStore,
    status: Option<Status>,
    sort: Sort,
    offset: Offset,
    limit: usize,
) -> Result<OffsetPage<Conversation>, AppError> {
    Ok(store.list_conversations_at(status, sort, offset, limit).await?)
}

/// AP-140, AP-142: Lists a customer's conversations that match a filter, as [`list_own_at`]. Only for filters on what customers see.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_own_matching_at(
    store: &CustomerStore,
    filter: ConversationFilter,
    sort: Sort,
    offset: Offset,
    limit: usize,
) -> Result<OffsetPage<Conversation>, AppError> {
    Ok(store.list_matching_at(filter, sort, offset, limit).await?)
}
