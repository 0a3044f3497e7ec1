use deskless_api::Problem;
use deskless_app::{
    TenantStore,
    conversations::{self, ListConversationsAt, Sort},
};
use deskless_domain::{Assigned, ConversationFilter, Offset, Order, Total};
use serde::Serialize;

/// The numbers of conversations that match a filter, by assignment.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Totals {
    /// Always 0: an API key is no agent, so no conversation is assigned to it.
    mine_count: u64,
    assigned_count: u64,
    unassigned_count: u64,
    all_count: u64,
    /// Whether the numbers are exact.
    #[serde(skip)]
    pub is_exact: bool,
}

impl Totals {
    /// Counts the conversations that match a filter, which has no assignee. `all` and `unassigned` are counts that are known.
    pub async fn of(
        store: &TenantStore,
        filter: &ConversationFilter,
        all: Option<Total>,
        unassigned: Option<Total>,
    ) -> Result<Self, Problem> {
        let all = match all {
            Some(all) => all,
            None => count(store, filter.clone()).await?,
        };
        let unassigned = match unassigned {
            Some(unassigned) => unassigned,
            None => count(store, ConversationFilter { assignee_id: Some(Assigned::None), ..filter.clone() }).await?,
        };
        Ok(Self {
            mine_count: 0,
            assigned_count: all.count.saturating_sub(unassigned.count),
            unassigned_count: unassigned.count,
            all_count: all.count,
            is_exact: all.is_exact && unassigned.is_exact,
        })
    }
}

async fn count(store: &TenantStore, filter: ConversationFilter) -> Result<Total, Problem> {
    let (sort, offset) = (Sort::ByActivity(Order::Desc), Offset::START);
    let command = ListConversationsAt { filters: vec![filter], sort, offset, limit: 1 };
    Ok(conversations::list_at(store, &command).await?.page.total)
}
