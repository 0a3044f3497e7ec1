use std::time::Duration;

use deskless_domain::{
    ActionFailure, BulkAction, BulkSelection, ConversationFilter, ConversationId, DryRun, NewBulkAction, Order,
};
use deskless_store::{Position, TenantStore};
use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::AppError;

/// The number of conversations at which counting stops. The last page can exceed it.
const MAX_COUNTED: u64 = 10_000;
/// The number of conversations of a page.
const PAGE_SIZE: usize = 400;
/// The time at which counting stops, because the caller waits for the response.
const TIME_LIMIT: Duration = Duration::from_secs(6);

/// AP-76: Counts the conversations that a bulk action would process and those on which its action is not possible: the listed
/// conversations, or up to 10,000 rows that match, for at most six seconds.
pub(super) async fn dry_run(store: &TenantStore, new: &NewBulkAction) -> Result<DryRun, AppError> {
    match &new.selection {
        BulkSelection::Ids(ids) => count_ids(store, new, ids.as_slice()).await,
        BulkSelection::Filter(filter) | BulkSelection::View(_, filter) => count_matching(store, new, filter).await,
    }
}

async fn count_ids(store: &TenantStore, new: &NewBulkAction, ids: &[ConversationId]) -> Result<DryRun, AppError> {
    let batches = ids.chunks(BulkAction::AT_ONCE).map(|ids| store.find_conversations(ids));
    let found: Vec<_> = try_join_all(batches).await?;
    let mut result = DryRun { is_exact: true, ..DryRun::default() };
    for (ids, found) in ids.chunks(BulkAction::AT_ONCE).zip(found) {
        for id in ids {
            let effect = found.get(id).map_or(Err(ActionFailure::NotFound), |found| new.action.effect(found));
            result.count(*id, effect.map(drop));
        }
    }
    Ok(result)
}

async fn count_matching(
    store: &TenantStore,
    new: &NewBulkAction,
    filter: &ConversationFilter,
) -> Result<DryRun, AppError> {
    let started = Instant::now();
    let mut result = DryRun::default();
    let mut after: Option<Position> = None;
    while result.matched < MAX_COUNTED && started.elapsed() < TIME_LIMIT {
        let filters = std::slice::from_ref(filter);
        let page = store.list_conversations_without_metadata(filters, Order::Asc, after, PAGE_SIZE).await?;
        for conversation in &page.conversations {
            result.count(conversation.id, new.action.effect(conversation).map(drop));
        }
        if page.next.is_none() {
            return Ok(DryRun { is_exact: true, ..result });
        }
        after = page.next;
    }
    Ok(result)
}
