use std::ops::ControlFlow;

use deskless_store::{IdempotencyKey, Once, TenantStore};
use serde::de::DeserializeOwned;

use crate::AppError;

/// Lets an earlier outcome win over whatever is wrong now: what a command refers to may be gone by the time it is repeated.
/// Returns `Continue` with what was resolved, or `Break` with the earlier outcome.
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
