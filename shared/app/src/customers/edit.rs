use deskless_domain::{CustomerId, CustomerRecord, Precondition};
use deskless_store::TenantStore;

use super::{UpdateCustomer, update};
use crate::AppError;

/// AP-25: Updates a customer with a command that depends on their record, such as one more member of the metadata. Writes only over the
/// version that was read, and starts again if the customer was updated meanwhile.
///
/// # Errors
/// [`AppError::NotFound`]; `Conflict` while the customer is being erased; what `command` returns.
pub async fn edit<E: From<AppError>>(
    store: &TenantStore,
    id: &CustomerId,
    command: impl Fn(&CustomerRecord) -> Result<UpdateCustomer, E>,
) -> Result<CustomerRecord, E> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let read = store.get_customer(id).await.map_err(AppError::from)?;
        let command = command(&read)?;
        match update(store, id, &command, &Precondition::exactly(read.version)).await {
            Err(AppError::VersionMismatch) => {
                backoff.pause("the customer keeps changing").await.map_err(AppError::from)?;
            }
            outcome => return Ok(outcome?),
        }
    }
}
