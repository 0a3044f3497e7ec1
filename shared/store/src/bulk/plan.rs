//! Which conversations a step deals with.

use std::collections::HashMap;

use deskless_domain::{BulkActionId, ConversationFilter, ConversationId, Order, Timestamp};

use super::item::{BulkItem, ChunkItem, Rest, Walk};
use crate::{
    Position, StoreError, TenantStore, batch,
    item::{self, Item, string},
    keys::{bulk_done_of, conversation_of},
};

/// The most pages of the list that one step looks at.
const PAGES: usize = 10;
/// The most walks through the list behind the first. An index that shows for long what is not so any more would call for
/// one after another.
const MOST_WALKS: u8 = 10;

/// What the next step deals with.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub ids: Vec<ConversationId>,
    pub rest: Option<Rest>,
}

impl Plan {
    /// Whether nothing is left to do.
    pub fn is_end(&self) -> bool {
        self.ids.is_empty() && self.rest.is_none()
    }
}

impl BulkItem {
    /// What must hold of a conversation when its turn comes: the filter, and that it was there when the action was asked
    /// for. The walk goes on to where the list ends by then, so that it meets those that got a reply and moved ahead of
    /// it; it does not chase what is opened meanwhile.
    pub fn filters(&self, id: BulkActionId) -> Vec<ConversationFilter> {
        let Some(filter) = self.target.filter() else { return Vec::new() };
        let next = Timestamp::from_millis(id.time().as_millis() + 1);
        let known = ConversationFilter { created_before: Some(next), ..ConversationFilter::default() };
        vec![filter.clone(), known]
    }
}

impl TenantStore {
    /// The plan behind this step's.
    pub(super) async fn plan_next(&self, id: BulkActionId, item: &BulkItem) -> Result<Plan, StoreError> {
        match item.rest {
            None => Ok(Plan::default()),
            Some(Rest::Chunks(number, last)) => {
                let missing = || StoreError::Internal("ids of a bulk action are missing".to_owned());
                let found = self.get(self.keys().bulk_ids(id, number)).await?.ok_or_else(missing)?;
                let ChunkItem { ids, .. } = item::read(found)?;
                Ok(Plan { ids, rest: (number < last).then_some(Rest::Chunks(number + 1, last)) })
            }
            Some(Rest::List(walk)) => self.walk_on(id, item, walk).await,
        }
    }

    /// What the list has next. While it is walked, conversations move in it: from one status to another, and ahead when they
    /// get a reply. One that moves in the wrong moment is met at neither place, so the list is walked again until nothing new
    /// is met. Pages of what was dealt with before are passed over at once.
    async fn walk_on(&self, id: BulkActionId, item: &BulkItem, mut walk: Walk) -> Result<Plan, StoreError> {
        let filters = item.filters(id);
        for _ in 0..PAGES {
            let after = walk.reached.map(|frontier| Position { frontier, until: None });
            let (rows, next) = self.find(&filters, Order::Asc, after, batch::MOST).await?;
            let mut ids: Vec<_> = rows.iter().map(|row| row.conversation.id).collect();
            // The first walk meets few a second time, and their turn finds that out.
            if walk.before > 0 {
                let done = self.bulk_rows(id, &ids).await?;
                ids.retain(|id| !done.contains_key(id));
            }
            walk.found |= !ids.is_empty();
            walk.reached = next.map(|next| next.frontier);
            let rest = match next {
                Some(_) => Some(Rest::List(walk)),
                None if walk.before >= MOST_WALKS || (walk.before > 0 && !walk.found) => None,
                None => {
                    walk = Walk { reached: None, before: walk.before + 1, found: false };
                    Some(Rest::List(walk))
                }
            };
            if !ids.is_empty() || rest.is_none() {
                return Ok(Plan { ids, rest });
            }
        }
        Ok(Plan { ids: Vec::new(), rest: Some(Rest::List(walk)) })
    }

    /// The rows that say that these conversations were dealt with.
    pub(super) async fn bulk_rows(
        &self,
        id: BulkActionId,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Item>, StoreError> {
        let keys = conversations.iter().map(|&conversation| self.keys().bulk_done(id, conversation));
        let found = self.get_all(keys.collect()).await?;
        let named = found.into_iter().filter_map(|item| Some((string(&item, "sk").and_then(bulk_done_of)?, item)));
        Ok(named.collect())
    }

    /// The items of those conversations that are there; at most a hundred.
    pub(super) async fn read_conversations(
        &self,
        ids: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Item>, StoreError> {
        let found = self.get_all(ids.iter().map(|&id| self.keys().conversation(id)).collect()).await?;
        let named = found.into_iter().filter_map(|item| Some((string(&item, "pk").and_then(conversation_of)?, item)));
        Ok(named.collect())
    }
}
