use deskless_domain::WebhookEndpointId;

use crate::{StoreError, TenantStore, delivery::state::CURSOR, item::integer};

impl TenantStore {
    /// AP-188: returns the sequence of the last event that an endpoint has got to, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn delivery_cursor(&self, endpoint: WebhookEndpointId) -> Result<Option<u64>, StoreError> {
        let state = self.get(self.keys().delivery_state(endpoint)).await?;
        Ok(state.and_then(|state| integer(&state, CURSOR)).and_then(|cursor| u64::try_from(cursor).ok()))
    }
}
