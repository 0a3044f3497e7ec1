use std::collections::HashMap;

use deskless_domain::{ActionFailure, BulkActionId, Conversation, ConversationId};

use super::item::{BulkMarkerItem, expires_at};
use crate::{
    Marker, StoreError, TenantStore,
    conversation::StoredConversation,
    item::{self, string},
    keys::bulk_marker_of,
};

/// The marker that a bulk action has processed a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkMarker {
    /// The step of the bulk action.
    pub step: u64,
    /// Why the action failed; `None` if it succeeded.
    pub failure: Option<ActionFailure>,
}

impl BulkMarker {
    /// Returns the marker to write in the transaction of the change.
    #[must_use]
    pub fn of(self, id: BulkActionId, conversation: ConversationId) -> Marker {
        let Self { step, failure } = self;
        Marker::Bulk { id, step, conversation, failure, expires_at: expires_at(id) }
    }
}

impl TenantStore {
    /// AP-75: reads the markers of a bulk action for at most 100 conversations. Totals are computed from them.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn bulk_markers(
        &self,
        id: BulkActionId,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, BulkMarker>, StoreError> {
        let keys = conversations.iter().map(|&conversation| self.keys().bulk_marker(id, conversation));
        let mut markers = HashMap::new();
        for found in self.get_all(keys.collect(), true).await? {
            if let Some(conversation) = string(&found, "sk").and_then(bulk_marker_of) {
                let BulkMarkerItem { step, failure, .. } = item::read(found)?;
                markers.insert(conversation, BulkMarker { step, failure });
            }
        }
        Ok(markers)
    }

    /// AP-72, AP-75: reads the conversations that exist among at most 100 ids, without large metadata.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_conversations(
        &self,
        ids: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Conversation>, StoreError> {
        let mut conversations = HashMap::new();
        for found in self.get_all(ids.iter().map(|&id| self.keys().conversation(id)).collect(), true).await? {
            if let Some(stored) = StoredConversation::read(found)? {
                conversations.insert(stored.conversation.id, stored.conversation);
            }
        }
        Ok(conversations)
    }
}
