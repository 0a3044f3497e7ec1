//! How a delivery is started.

use std::fmt::Debug;

use deskless_domain::{AutomationId, ExecutionId, WebhookEndpointId, WorkspaceId};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::{StoreError, TenantStore};

/// Where a delivery goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeliveryTarget {
    /// To a webhook endpoint: everything that is due there.
    Endpoint {
        /// The endpoint.
        id: WebhookEndpointId,
    },
    /// The webhook call of one step of an execution, which failed before.
    Call {
        /// The automation.
        automation: AutomationId,
        /// The execution.
        execution: ExecutionId,
        /// The number of the step, from 1.
        step: u32,
    },
}

/// Starts deliveries: AWS Lambda, or the local stack.
pub trait StartDelivery: Debug + Send + Sync {
    /// Asks for a delivery, and does not wait for it. It runs at least once after this has returned.
    fn start<'a>(&'a self, workspace: WorkspaceId, target: &'a DeliveryTarget)
    -> BoxFuture<'a, Result<(), StoreError>>;
}

impl TenantStore {
    /// Starts a delivery, and does not wait for it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when this process has no way to start deliveries; [`StoreError::Unavailable`] when it was refused.
    pub async fn start_delivery(&self, target: &DeliveryTarget) -> Result<(), StoreError> {
        let missing = || StoreError::Internal("this function has no way to start deliveries".to_owned());
        self.store().deliveries().ok_or_else(missing)?.start(self.workspace_id(), target).await
    }
}
