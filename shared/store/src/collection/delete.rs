use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use deskless_domain::{Collected, Precondition, Resource};

use super::update::Edit;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    error::{causes, is_transient},
    expression::number,
};

impl TenantStore {
    /// AP-18: deletes one of a collection. What conversations may refer to is archived: no longer listed, and still named
    /// where it is in use; doing so again changes nothing. Anything else is removed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn delete_resource<T: Collected>(
        &self,
        id: T::Id,
        precondition: &Precondition,
    ) -> Result<(), StoreError> {
        if !T::IS_REFERRED_TO {
            return self.remove_resource::<T>(id, precondition).await;
        }
        let now = self.clock().now();
        let archive = |resource: Resource<T>| {
            Ok(match resource.archived_at {
                Some(_) => Edit::None(resource),
                None => Edit::To(Resource { archived_at: Some(now), ..resource }),
            })
        };
        self.rewrite(id, precondition, archive).await.map(drop)
    }

    async fn remove_resource<T: Collected>(&self, id: T::Id, precondition: &Precondition) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let found = self.get_resource::<T>(id).await?;
            precondition.check(found.version)?;
            let request = self
                .client()
                .delete_item()
                .table_name(self.table())
                .set_key(Some(self.keys().collected(T::KIND, id).attributes()))
                // Gone is as good: a repetition behind a lost answer finds nothing.
                .condition_expression("attribute_not_exists(pk) OR version = :before")
                .expression_attribute_values(":before", number(found.version));
            loop {
                let Err(error) = request.clone().send().await else { return Ok(()) };
                let refused =
                    error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception);
                if !(refused || is_transient(&error)) {
                    return Err(StoreError::from_sdk(&error));
                }
                backoff.pause(&causes(&error)).await?;
                if refused {
                    break;
                }
            }
        }
    }
}
