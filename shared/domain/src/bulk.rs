use serde::{Deserialize, Serialize};

use crate::{
    Action, ActionFailure, BulkActionId, BulkStatus, ConversationFilter, ConversationId, Invalid, KeyId, Timestamp,
    ViewId,
};

/// One action on many conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkAction {
    /// Its id; it holds the time of creation.
    pub id: BulkActionId,
    /// What is done.
    pub action: Action,
    /// To which conversations.
    pub target: BulkTarget,
    /// Whether it was only counted, and nothing was changed.
    pub dry_run: bool,
    /// How far it has come.
    pub status: BulkStatus,
    /// How many conversations are meant, as far as that is known.
    pub matched: u64,
    /// Whether `matched` is all of them.
    pub exact: bool,
    /// How many were dealt with, those included where it was not possible.
    pub processed: u64,
    /// Where it was not possible, how often.
    pub failed: u64,
    /// Where it was not possible, the first of them.
    pub failures: Vec<BulkFailure>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Counts the changes.
    pub version: u64,
}

impl BulkAction {
    /// The most failures that are named.
    pub const MOST_FAILURES: usize = 100;
    /// The most conversations that are dealt with before a request for them is answered.
    pub const AT_ONCE: usize = 100;

    /// When it was asked for: the time in its id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }
}

/// A conversation on which an action was not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkFailure {
    /// Which one.
    pub id: ConversationId,
    /// Why.
    pub code: ActionFailure,
}

/// To which conversations a bulk action is done, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkTarget {
    /// To those that were named.
    Ids,
    /// To those that a filter lets through.
    Filter(Box<ConversationFilter>),
    /// To those in a view, whose filter was this at that time.
    View(ViewId, Box<ConversationFilter>),
}

impl BulkTarget {
    /// What the conversations have in common, unless they were named.
    #[must_use]
    pub fn filter(&self) -> Option<&ConversationFilter> {
        match self {
            Self::Ids => None,
            Self::Filter(filter) | Self::View(_, filter) => Some(filter),
        }
    }
}

/// Conversations that are named: at most a thousand, none of them twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationIds(Vec<ConversationId>);

impl ConversationIds {
    /// The most that there can be.
    pub const MAX: usize = 1000;

    /// Checks their number and drops repeated ones.
    ///
    /// # Errors
    /// When there are none, or more than a thousand.
    pub fn parse(ids: Vec<ConversationId>) -> Result<Self, Invalid> {
        if ids.is_empty() {
            return Err(Invalid::new("too_short", "must hold at least one id"));
        }
        if ids.len() > Self::MAX {
            let message = format!("must hold at most {} ids; it has {}", Self::MAX, ids.len());
            return Err(Invalid::new("too_many", message));
        }
        let mut seen = std::collections::HashSet::new();
        Ok(Self(ids.into_iter().filter(|id| seen.insert(*id)).collect()))
    }

    /// The ids, in the order in which they were named.
    #[must_use]
    pub fn as_slice(&self) -> &[ConversationId] {
        &self.0
    }
}

/// Which conversations are meant.
#[derive(Debug, Clone)]
pub enum BulkSelection {
    /// These.
    Ids(ConversationIds),
    /// Those that a filter lets through.
    Filter(ConversationFilter),
    /// Those in a view, whose filter is this.
    View(ViewId, ConversationFilter),
}

impl BulkSelection {
    /// Whether they are so few that they are dealt with before the request is answered.
    #[must_use]
    pub fn is_small(&self) -> bool {
        matches!(self, Self::Ids(ids) if ids.as_slice().len() <= BulkAction::AT_ONCE)
    }
}

/// A bulk action to carry out.
#[derive(Debug, Clone)]
pub struct NewBulkAction {
    /// What is done.
    pub action: Action,
    /// To which conversations.
    pub selection: BulkSelection,
    /// Only count them.
    pub dry_run: bool,
    /// Who asks for it.
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
    fn ids_that_stand_twice_count_once() {
        let ids = ConversationIds::parse(vec![id(2), id(1), id(2)]).expect("three ids");
        assert_eq!(ids.as_slice(), [id(2), id(1)]);
        assert!(ConversationIds::parse(Vec::new()).is_err());
        assert!(ConversationIds::parse(vec![id(1); 1001]).is_err());
    }
}
