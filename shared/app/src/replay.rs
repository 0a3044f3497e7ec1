use std::ops::ControlFlow;

use deskless_store::{IdempotencyKey, Once, TenantStore};
use serde::de::DeserializeOwned;

use crate::AppError;

/// Returns the earlier outcome of a repeated command instead of an error, because its references can be deleted between the
/// request and its repeat. Returns `Continue` with the resolved command, or `Break` with the earlier outcome.
pub(crate) async fn unless_replayed<T: DeserializeOwned, R>(
    store: &TenantStore,
    key: Option<&IdempotencyKey>,
    resolved: Result<R, AppError>,
) -> Result<ControlFlow<Once<T>, R>, AppError> {
    let error = match resolved {
        Ok(resolved) => return Ok(ControlFlow::Continue(resolved)),
        Err(error) => error,
    };
    match store.replay(key).await? {
        Some(earlier) => Ok(ControlFlow::Break(Once::replay(earlier))),
        None => Err(error),
    }
}
