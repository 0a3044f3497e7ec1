mod job;

pub use job::{BulkBatch, BulkJob, BulkRest, BulkResults, DryRun, ListPass};
use serde::{Deserialize, Serialize};

use crate::{
    Action, ActionFailure, BulkActionId, BulkStatus, ConversationFilter, ConversationId, Invalid, KeyId, Timestamp,
    ViewId,
};

/// A bulk action: one action on many conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkAction {
    /// The id, which contains the time of creation.
    pub id: BulkActionId,
    /// The action.
    pub action: Action,
    /// The conversations it applies to.
    pub target: BulkTarget,
    /// Whether conversations are only counted, not changed.
    pub dry_run: bool,
    /// The status.
    pub status: BulkStatus,
    /// The number of matching conversations found so far.
    pub matched: u64,
    /// Whether `matched` is the final number.
    pub exact: bool,
    /// The number of processed conversations, failures included.
    pub processed: u64,
    /// The number of failures.
    pub failed: u64,
    /// The first failures, at most [`BulkAction::MAX_FAILURES`].
    pub failures: Vec<BulkFailure>,
    /// The time at which it finished.
    pub finished_at: Option<Timestamp>,
    /// The version. Each update increments it.
    pub version: u64,
}

impl BulkAction {
    /// The most failures that are listed.
    pub const MAX_FAILURES: usize = 100;
    /// The most conversations that are processed before the request is answered.
    pub const AT_ONCE: usize = 100;

    /// Returns the time of creation, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }
}

/// A conversation on which the action failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkFailure {
    /// The conversation.
    pub id: ConversationId,
    /// The reason.
    pub code: ActionFailure,
}

/// The conversations that a bulk action applies to, as they were requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkTarget {
    /// Conversations listed by id.
    Ids,
    /// Conversations that match a filter.
    Filter(Box<ConversationFilter>),
    /// Conversations in a view, with its filter at the time of the request.
    View(ViewId, Box<ConversationFilter>),
}

impl BulkTarget {
    /// Returns the filter, unless the conversations are listed by id.
    #[must_use]
    pub fn filter(&self) -> Option<&ConversationFilter> {
        match self {
            Self::Ids => None,
            Self::Filter(filter) | Self::View(_, filter) => Some(filter),
        }
    }
}

/// Ids of conversations: 1 to 1,000, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationIds(Vec<ConversationId>);

impl ConversationIds {
    /// The most ids.
    pub const MAX: usize = 1000;

    /// Checks the number of ids and drops duplicates.
    ///
    /// # Errors
    /// When the list is empty or has more than 1,000 ids.
    pub fn parse(ids: Vec<ConversationId>) -> Result<Self, Invalid> {
        if ids.is_empty() {
            return Err(Invalid::new("too_short", "must have at least one id"));
        }
        if ids.len() > Self::MAX {
            let message = format!("must have at most {} ids; it has {}", Self::MAX, ids.len());
            return Err(Invalid::new("too_many", message));
        }
        let mut seen = std::collections::HashSet::new();
        Ok(Self(ids.into_iter().filter(|id| seen.insert(*id)).collect()))
    }

    /// Returns the ids in their original order.
    #[must_use]
    pub fn as_slice(&self) -> &[ConversationId] {
        &self.0
    }
}

/// The conversations that a new bulk action applies to.
#[derive(Debug, Clone)]
pub enum BulkSelection {
    /// Conversations listed by id.
    Ids(ConversationIds),
    /// Conversations that match a filter.
    Filter(ConversationFilter),
    /// Conversations in a view, with its filter.
    View(ViewId, ConversationFilter),
}

/// A bulk action to create.
#[derive(Debug, Clone)]
pub struct NewBulkAction {
    /// The action.
    pub action: Action,
    /// The conversations it applies to.
    pub selection: BulkSelection,
    /// Whether to count the conversations without changing them.
    pub dry_run: bool,
    /// The API key of the request.
    pub key: KeyId,
}

#[cfg(test)]
mod tests {
    use super::ConversationIds;
    use crate::{ConversationId, Identifier};

    fn id(n: u8) -> ConversationId {
        Identifier::from_bytes([n; 16])
    }

    #[test]
    fn duplicate_ids_count_once() {
        let ids = ConversationIds::parse(vec![id(2), id(1), id(2)]).expect("three ids");
        assert_eq!(ids.as_slice(), [id(2), id(1)]);
        assert!(ConversationIds::parse(Vec::new()).is_err());
        assert!(ConversationIds::parse(vec![id(1); 1001]).is_err());
    }
}
