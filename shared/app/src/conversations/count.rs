use deskless_domain::{CustomerId, MemberId};
use deskless_store::{Counts, TenantStore};

use crate::AppError;

/// The conversations to count.
#[derive(Debug, Clone, Default)]
pub struct CountConversations {
    /// Only those of this customer.
    pub customer: Option<CustomerId>,
    /// Only those assigned to this member.
    pub assignee: Option<MemberId>,
}

/// Counts conversations by status. Those of the whole workspace come from counters (AP-43). Those of one customer or member are
/// counted in the index, up to 10,000 (AP-44).
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn count(store: &TenantStore, command: &CountConversations) -> Result<Counts, AppError> {
    match (&command.customer, command.assignee) {
        (None, None) => Ok(store.count_conversations().await?),
        (customer, assignee) => Ok(store.count_conversations_of(customer.as_ref(), assignee).await?),
    }
}
