use deskless_domain::{Conversation, ConversationFilter, Offset, OffsetPage, Order, Status};
use deskless_store::{CustomerStore, Directory, TenantStore};

use super::{ListConversations, Walk, list};
use crate::{AppError, references};

/// What a list of conversations by offset is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By activity: the time of the newest reply, or of creation.
    ByActivity(Order),
    /// By creation.
    ByCreation(Order),
}

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

/// Lists conversations by offset, in the same order as [`list`], with their total.
///
/// # Errors
/// [`AppError::Invalid`] as [`list`]; [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_at(store: &TenantStore, command: &ListConversationsAt) -> Result<ConversationsAt, AppError> {
    let mut walk = match command.sort {
        Sort::ByActivity(order) => Walk::ByActivity(order, None),
        Sort::ByCreation(order) => Walk::ByCreation(order, None),
    };
    let mut all = Vec::new();
    loop {
        let page = ListConversations { filters: command.filters.clone(), walk, limit: 100 };
        let page = list(store, &page).await?;
        all.extend(page.conversations);
        match page.next {
            Some(next) => walk = next,
            None => break,
        }
    }
    let page = OffsetPage::of_all(all, command.offset, command.limit);
    let names = references::names(store, page.rows.iter().map(|conversation| &conversation.placement)).await?;
    Ok(ConversationsAt { page, names })
}

/// Lists a customer's conversations by offset and activity, with their total.
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
    let filter =
        ConversationFilter { status, customer_id: Some(store.customer().clone()), ..ConversationFilter::default() };
    let command = ListConversationsAt { filters: vec![filter], sort, offset, limit };
    Ok(list_at(store.workspace(), &command).await?.page)
}
