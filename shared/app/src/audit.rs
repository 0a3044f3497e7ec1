//! The audit log. Use cases do not write to it: the store adds an entry to the transaction of each change (AP-96).

use deskless_domain::{AuditEntryId, AuditFilter};
pub use deskless_store::AuditPage;
use deskless_store::TenantStore;

use crate::AppError;

/// AP-97: Lists the entries of the last 90 days that match a filter, newest first.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(
    store: &TenantStore,
    filter: &AuditFilter,
    before: Option<AuditEntryId>,
    limit: usize,
) -> Result<AuditPage, AppError> {
    Ok(store.list_audit_log(filter, before, limit).await?)
}
