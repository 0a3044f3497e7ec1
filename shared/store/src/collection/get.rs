use deskless_domain::{Collected, Resource};

use super::item::read;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// AP-16: reads one resource, archived or not, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such resource.
    pub async fn get_resource<T: Collected>(&self, id: T::Id) -> Result<Resource<T>, StoreError> {
        read(self.get(self.keys().resource(T::KIND, id)).await?.ok_or(StoreError::NotFound)?)
    }
}
