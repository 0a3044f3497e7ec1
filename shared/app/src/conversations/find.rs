use deskless_domain::{ConversationFilter, ConversationId, Order, Timestamp};
use deskless_store::TenantStore;

use super::{ConversationView, ListConversations, Walk, list};
use crate::AppError;

/// The age up to which an index may not show a conversation yet, in seconds.
const RECENT_SECONDS: i64 = 5;
/// The number of reads for a recent conversation. With the pauses between them, they take 400 ms at most.
const READS: usize = 5;
/// The number of conversations that one read returns.
const LIMIT: usize = 100;

/// A period in which a conversation was created. It should be short, because all conversations of the period are read.
#[derive(Debug, Clone, Copy)]
pub struct Created {
    /// The first time.
    pub from: Timestamp,
    /// The time after the last one.
    pub before: Timestamp,
}

/// AP-160: Returns the one conversation that was created in a period and whose id is wanted. The wire formats of other services need it,
/// whose ids are too short for ours. The index of creations lags behind by a moment, so a recent period is read again before the
/// conversation counts as missing.
///
/// # Errors
/// [`AppError::NotFound`], also when several ids are wanted.
pub async fn find_created(
    store: &TenantStore,
    created: Created,
    is_wanted: impl Fn(ConversationId) -> bool,
) -> Result<ConversationView, AppError> {
    let filter = ConversationFilter {
        created_after: Some(created.from),
        created_before: Some(created.before),
        ..ConversationFilter::default()
    };
    let mut backoff = store.backoff();
    for read in 1.. {
        let mut walk = Walk::ByCreation(Order::Asc, None);
        let mut found = Vec::new();
        loop {
            let page = list(store, &ListConversations { filters: vec![filter.clone()], walk, limit: LIMIT }).await?;
            let wanted = page.conversations.into_iter().filter(|conversation| is_wanted(conversation.id));
            found.extend(wanted.map(|conversation| ConversationView { conversation, names: page.names.clone() }));
            match page.next {
                Some(next) => walk = next,
                None => break,
            }
        }
        let is_recent = created.before.plus_seconds(RECENT_SECONDS) > store.clock().now();
        match (found.pop(), found.is_empty()) {
            (Some(view), true) => return Ok(view),
            (None, _) if is_recent && read < READS => backoff.pause("the index of creations lags behind").await?,
            _ => break,
        }
    }
    Err(AppError::NotFound)
}
