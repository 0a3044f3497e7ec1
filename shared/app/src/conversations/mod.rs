//! Conversations: create, get, list, update, resolve, mark as read, delete, count.

mod count;
mod create;
mod delete;
mod get;
mod list;
mod read;
mod removal;
mod update;

use deskless_domain::Conversation;
pub use deskless_store::{ConversationPage, Counts, Position};
use deskless_store::{Directory, Once, TenantStore};

pub use count::{CountConversations, count};
pub use create::{CreateConversation, CreateCustomerConversation, create, create_for_customer};
pub use delete::{DeleteConversation, delete};
pub use get::{get, get_own, get_with_messages};
pub(crate) use list::view_filter;
pub use list::{ConversationList, ListConversations, list, list_own, resolve_filters};
pub use read::mark_as_read;
pub use removal::{removal_step, remove_completely};
pub use update::{resolve, update};

use crate::{AppError, references};

/// A conversation with the names of the resources that it refers to.
#[derive(Debug, Clone)]
pub struct ConversationView {
    /// The conversation.
    pub conversation: Conversation,
    /// The names of its inbox, assignee, assistant, pipeline and stage.
    pub names: Directory,
}

impl ConversationView {
    pub(crate) async fn of(store: &TenantStore, conversation: Conversation) -> Result<Self, AppError> {
        let names = references::names(store, [&conversation.placement]).await?;
        Ok(Self { conversation, names })
    }

    async fn of_outcome(store: &TenantStore, once: Once<Conversation>) -> Result<Once<Self>, AppError> {
        let outcome = Self::of(store, once.outcome).await?;
        Ok(Once { outcome, is_replay: once.is_replay })
    }
}
