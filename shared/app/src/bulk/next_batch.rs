use deskless_domain::{BulkAction, BulkBatch, BulkJob, BulkRest, ListPass, Order};
use deskless_store::{Position, TenantStore};

use crate::AppError;

/// The maximum number of pages of the list that one step reads.
const MAX_PAGES: usize = 10;

/// Reads the batch of the step after the one that is due, together with which it is written (AP-75).
pub(super) async fn next_batch(store: &TenantStore, job: &BulkJob) -> Result<BulkBatch, AppError> {
    match job.rest {
        None => Ok(BulkBatch::default()),
        Some(BulkRest::Chunks(number, last)) => {
            let conversations = store.bulk_chunk(job.action.id, number).await?;
            let rest = (number < last).then_some(BulkRest::Chunks(number + 1, last));
            Ok(BulkBatch { conversations, rest })
        }
        Some(BulkRest::List(pass)) => from_list(store, job, pass).await,
    }
}

/// Finds the next conversations in the list, oldest activity first. Conversations move while the list is read and can be missed
/// at both positions. So the list is read again until a pass finds no new conversation.
async fn from_list(store: &TenantStore, job: &BulkJob, mut pass: ListPass) -> Result<BulkBatch, AppError> {
    let filters = job.filters();
    for _ in 0..MAX_PAGES {
        let after = pass.reached.map(|frontier| Position { frontier, until: None });
        let page = store.list_conversations_without_metadata(&filters, Order::Asc, after, BulkAction::AT_ONCE).await?;
        let mut conversations: Vec<_> = page.conversations.iter().map(|conversation| conversation.id).collect();
        // The first pass finds few conversations twice. Their step skips them because of their markers.
        if pass.earlier > 0 {
            let processed = store.bulk_markers(job.action.id, &conversations).await?;
            conversations.retain(|id| !processed.contains_key(id));
        }
        let rest = pass.after_page(!conversations.is_empty(), page.next.map(|next| next.frontier));
        match rest {
            Some(rest) if conversations.is_empty() => pass = rest,
            rest => return Ok(BulkBatch { conversations, rest: rest.map(BulkRest::List) }),
        }
    }
    Ok(BulkBatch { conversations: Vec::new(), rest: Some(BulkRest::List(pass)) })
}
