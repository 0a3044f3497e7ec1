use aws_sdk_dynamodb::types::Select;
use deskless_domain::{AttemptId, Collected, Kind, Resource};

use super::item::ARCHIVED_AT;
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    expression::text,
    idempotency::{Attempt, Attempts},
    transaction::Transaction,
};

impl TenantStore {
    /// AP-17: creates a resource. Two round trips: the number of resources and an earlier outcome at the same time, then one
    /// write.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] when the workspace has as many of the kind as it can (concurrent creations may exceed the
    /// limit by a few); [`StoreError::IdempotencyKeyReused`].
    pub async fn create_resource<T: Collected>(
        &self,
        fields: T,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<Resource<T>>, StoreError> {
        let (count, earlier) = tokio::try_join!(self.count(T::KIND), self.replay(key))?;
        if let Some(earlier) = earlier {
            return Ok(Once::replay(earlier));
        }
        if count >= T::KIND.most() {
            return Err(StoreError::TooMany(T::KIND));
        }
        let resource = Resource::new(fields, self.clock());
        let mut transaction = Transaction::default();
        transaction.put_new(self, self.resource_item(&resource, AttemptId::generate(self.clock()))?)?;
        match Attempts::new(self, key).commit(transaction, &resource.without_secrets()).await? {
            // A failed condition: nobody else has this id, so an earlier attempt was committed and its answer lost.
            Attempt::Committed | Attempt::Failed(_) => Ok(Once::first(resource)),
            Attempt::Replayed(earlier) => Ok(Once::replay(earlier)),
        }
    }

    /// How many of a kind there are, without those that are archived.
    async fn count(&self, kind: Kind) -> Result<usize, StoreError> {
        let mut pages = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk")
            .filter_expression(format!("attribute_not_exists({ARCHIVED_AT})"))
            .expression_attribute_values(":pk", text(self.keys().collection(kind)))
            .select(Select::Count)
            .into_paginator()
            .send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| StoreError::from_sdk(&e))?;
            count += usize::try_from(page.count()).unwrap_or(0);
        }
        Ok(count)
    }
}
