use std::collections::HashMap;

use deskless_domain::{ActionFailure, BulkActionId, Conversation, ConversationId};

use super::item::{BulkMarkerItem, expires_at};
use crate::{
    Marker, StoreError, TenantStore,
    conversation::StoredConversation,
    item::{self, string},
    keys::bulk_marker_of,
};

/// Says that a bulk action has dealt with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkMarker {
    /// The step that did.
    pub step: u64,
    /// Why the action was not possible; `None` if it was.
    pub failure: Option<ActionFailure>,
}

impl BulkMarker {
    /// Returns the marker to write together with a change.
    #[must_use]
    pub fn of(self, id: BulkActionId, conversation: ConversationId) -> Marker {
        let Self { step, failure } = self;
        Marker::Bulk { id, step, conversation, failure, expires_at: expires_at(id) }
    }
}

impl TenantStore {
    /// AP-75: reads a bulk action's markers for these conversations, at most 100.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn bulk_markers(
        &self,
        id: BulkActionId,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, BulkMarker>, StoreError> {
        let keys = conversations.iter().map(|&conversation| self.keys().bulk_marker(id, conversation));
        let mut markers = HashMap::new();
        for found in self.get_all(keys.collect()).await? {
            if let Some(conversation) = string(&found, "sk").and_then(bulk_marker_of) {
                let BulkMarkerItem { step, failure, .. } = item::read(found)?;
                markers.insert(conversation, BulkMarker { step, failure });
            }
        }
        Ok(markers)
    }

    /// AP-75: reads those of these conversations that exist, at most 100, without their large metadata.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn find_conversations(
        &self,
        ids: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Conversation>, StoreError> {
        let mut conversations = HashMap::new();
        for found in self.get_all(ids.iter().map(|&id| self.keys().conversation(id)).collect()).await? {
            if let Some(stored) = StoredConversation::read(found)? {
                conversations.insert(stored.conversation.id, stored.conversation);
            }
        }
        Ok(conversations)
    }
}
