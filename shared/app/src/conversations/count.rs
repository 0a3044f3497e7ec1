use deskless_store::{CountFilter, Counts, TenantStore};

use crate::AppError;

/// Counts conversations by status. Those of one customer are counted in their index, up to 10,000 (AP-44). All others come from
/// counters (AP-43).
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn count(store: &TenantStore, filter: &CountFilter) -> Result<Counts, AppError> {
    Ok(store.read_counts(filter).await?)
}
