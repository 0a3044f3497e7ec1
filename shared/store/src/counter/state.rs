//! The counted state of a conversation.

use std::collections::HashMap;

use deskless_domain::{ConversationId, CountedAs, InboxId, MemberId, Status};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::number,
    item::{self, VERSION, string},
    keys::conversation_of,
    packed,
    transaction::{Commit, Transaction},
};

/// How long the counted state of a deleted conversation is kept: seven days. The stream delivers a record for one day.
const KEPT_AFTER_DELETION_SECONDS: i64 = 7 * 24 * 60 * 60;

/// The attribute with the generation of the counters.
const GENERATION: &str = "g";

/// The version of a conversation that was last counted, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CountedState {
    /// The generation of the counters that includes it.
    pub generation: u64,
    /// The version.
    pub version: u64,
    /// `None` for a deleted conversation.
    pub counted: Option<CountedAs>,
}

/// The item of a counted state.
#[derive(Debug, Serialize, Deserialize)]
struct CountedItem {
    #[serde(rename = "g")]
    generation: u64,
    #[serde(rename = "v")]
    version: u64,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(rename = "as", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    assignee: Option<MemberId>,
    #[serde(rename = "in", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    inbox: Option<InboxId>,
    #[serde(rename = "expiresAt", default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl From<CountedItem> for CountedState {
    fn from(item: CountedItem) -> Self {
        let CountedItem { generation, version, status, assignee, inbox, expires_at: _ } = item;
        Self { generation, version, counted: status.map(|status| CountedAs { status, assignee, inbox }) }
    }
}

impl TenantStore {
    /// Reads the counted states of at most 100 conversations, strongly consistent.
    pub(super) async fn counted_states(
        &self,
        ids: impl Iterator<Item = ConversationId>,
    ) -> Result<HashMap<ConversationId, CountedState>, StoreError> {
        let mut states = HashMap::new();
        for found in self.get_all(ids.map(|id| self.keys().counted(id)).collect(), true).await? {
            let id = string(&found, "pk").and_then(conversation_of);
            let id = id.ok_or_else(|| StoreError::Internal("a counted state's key cannot be read".to_owned()))?;
            states.insert(id, item::read::<CountedItem>(found)?.into());
        }
        Ok(states)
    }

    /// Writes a counted state if the stored one is still `before`. Returns whether it was.
    pub(super) async fn put_counted_state(
        &self,
        id: ConversationId,
        before: Option<&CountedState>,
        state: CountedState,
    ) -> Result<bool, StoreError> {
        let deleted_until = self.clock().now().plus_seconds(KEPT_AFTER_DELETION_SECONDS).as_seconds();
        let attributes = CountedItem {
            generation: state.generation,
            version: state.version,
            status: state.counted.map(|counted| counted.status),
            assignee: state.counted.and_then(|counted| counted.assignee),
            inbox: state.counted.and_then(|counted| counted.inbox),
            expires_at: state.counted.is_none().then_some(deleted_until),
        };
        let unchanged = match before {
            None => Condition::absent(),
            Some(before) => {
                Condition::none().equals(VERSION, number(before.version)).equals(GENERATION, number(before.generation))
            }
        };
        let mut transaction = Transaction::default();
        // The only write: sent as a plain put, which costs half as much as a transaction.
        transaction.put(self, item::write(self.keys().counted(id), &attributes)?, unchanged)?;
        match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Ok(true),
            // The response to the first attempt may have been lost.
            Commit::Failed(failed) => {
                let existing = failed.first_existing().cloned();
                let existing = existing.map(item::read::<CountedItem>).transpose()?.map(CountedState::from);
                Ok(existing == Some(state))
            }
        }
    }
}
