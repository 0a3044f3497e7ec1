use deskless_domain::{Collected, Resource};

use super::item::read;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// AP-16: one of a collection, read strongly, also when it is archived.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such thing.
    pub async fn get_resource<T: Collected>(&self, id: T::Id) -> Result<Resource<T>, StoreError> {
        read(self.get(self.keys().resource(T::KIND, id)).await?.ok_or(StoreError::NotFound)?)
    }
}
