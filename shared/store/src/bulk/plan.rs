//! Which conversations a step deals with.

use std::collections::HashMap;

use deskless_domain::{BulkActionId, ConversationFilter, ConversationId, Order, Timestamp};

use super::item::{BulkItem, ChunkItem, Rest};
use crate::{
    Position, StoreError, TenantStore, batch,
    item::{self, Item, string},
    keys::conversation_of,
};

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
            Some(Rest::List(reached)) => {
                let after = reached.map(|frontier| Position { frontier, until: None });
                let (rows, next) = self.find(&item.filters(id), Order::Asc, after, batch::MOST).await?;
                let ids = rows.iter().map(|row| row.conversation.id).collect();
                Ok(Plan { ids, rest: next.map(|next| Rest::List(Some(next.frontier))) })
            }
        }
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
