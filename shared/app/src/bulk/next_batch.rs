use deskless_domain::{BulkAction, BulkBatch, BulkJob, BulkRest, ListPass, Order};
use deskless_store::{Position, TenantStore};

use crate::AppError;

/// The most pages of the list that one step reads.
const PAGES: usize = 10;

/// Reads the batch after the one whose step is due.
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

async fn from_list(store: &TenantStore, job: &BulkJob, mut pass: ListPass) -> Result<BulkBatch, AppError> {
    let filters = job.filters();
    for _ in 0..PAGES {
        let after = pass.reached.map(|frontier| Position { frontier, until: None });
        let page = store.list_conversations_without_metadata(&filters, Order::Asc, after, BulkAction::AT_ONCE).await?;
        let mut conversations: Vec<_> = page.conversations.iter().map(|conversation| conversation.id).collect();
        // The first pass meets few conversations twice, and their step finds that out.
        if pass.earlier > 0 {
            let dealt_with = store.bulk_markers(job.action.id, &conversations).await?;
            conversations.retain(|id| !dealt_with.contains_key(id));
        }
        let rest = pass.after_page(!conversations.is_empty(), page.next.map(|next| next.frontier));
        match rest {
            Some(rest) if conversations.is_empty() => pass = rest,
            rest => return Ok(BulkBatch { conversations, rest: rest.map(BulkRest::List) }),
        }
    }
    Ok(BulkBatch { conversations: Vec::new(), rest: Some(BulkRest::List(pass)) })
}
