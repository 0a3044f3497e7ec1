//! Deliveries that were started.

use std::sync::{Mutex, PoisonError};

use deskless_domain::WorkspaceId;
use deskless_store::{DeliveryRequest, DeliveryTarget, StartDelivery, StoreError};
use futures_util::future::{BoxFuture, ready};

/// Collects deliveries that were started, until the test runs them.
#[derive(Debug, Default)]
pub struct StartedDeliveries(Mutex<Vec<DeliveryRequest>>);

impl StartedDeliveries {
    /// Returns the deliveries that were started since the last time, each target once, in order.
    #[must_use]
    pub fn take(&self) -> Vec<DeliveryRequest> {
        let mut started = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut seen = Vec::new();
        started.retain(|request| {
            let is_new = !seen.contains(request);
            seen.push(request.clone());
            is_new
        });
        started
    }
}

impl StartDelivery for StartedDeliveries {
    fn start<'a>(
        &'a self,
        workspace: WorkspaceId,
        target: &'a DeliveryTarget,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let request = DeliveryRequest { workspace, target: target.clone() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Box::pin(ready(Ok(())))
    }
}
