//! Conversations: create, get, list, update, resolve, mark as read, delete, count.

mod count;
mod create;
mod delete;
mod edit;
mod end_snooze;
mod find;
mod get;
mod list;
mod list_at;
mod read;
mod update;
mod write;

use deskless_domain::Conversation;
pub use deskless_store::Directory as Names;
pub use deskless_store::{ChangePosition, ConversationPage, CountFilter, Counts, Position};
use deskless_store::{Directory, PlacementNames, TenantStore};
use serde::{Deserialize, Serialize};

pub use count::count;
pub use create::{CreateConversation, CreateCustomerConversation, create, create_for_customer, create_with_messages};
pub use delete::delete;
pub use edit::edit;
pub use end_snooze::end_snooze;
pub use find::{Created, find_created};
pub use get::{get, get_own, get_with_messages};
pub(crate) use list::view_filter;
pub use list::{ConversationList, ListConversations, Walk, list, list_own, resolve_filters};
pub use list_at::{ConversationsAt, ListConversationsAt, Sort, list_at, list_own_at, list_own_matching_at};
pub use read::mark_as_read;
pub use update::{resolve, update, update_once};

use crate::{AppError, references};

/// A conversation with the names of what it refers to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "RecordedView", from = "RecordedView")]
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

    /// Adds the names to a conversation that was updated. The update is committed, so it succeeds even if the names cannot
    /// be read. They are then missing from the view.
    async fn after_commit(store: &TenantStore, conversation: Conversation) -> Self {
        let names = references::names(store, [&conversation.placement]).await.unwrap_or_else(|error| {
            tracing::warn!(
                error = deskless_store::without_values(&error.to_string()),
                "the names of an updated conversation cannot be read"
            );
            Directory::default()
        });
        Self { conversation, names }
    }
}

/// The form in which a view is recorded: a replay has the names of the first response.
#[derive(Serialize, Deserialize)]
struct RecordedView {
    conversation: Conversation,
    #[serde(default)]
    names: PlacementNames,
}

impl From<ConversationView> for RecordedView {
    fn from(view: ConversationView) -> Self {
        let names = PlacementNames::of(&view.conversation.placement, &view.names);
        Self { conversation: view.conversation, names }
    }
}

impl From<RecordedView> for ConversationView {
    fn from(recorded: RecordedView) -> Self {
        let names = recorded.names.into_directory(&recorded.conversation.placement);
        Self { conversation: recorded.conversation, names }
    }
}
