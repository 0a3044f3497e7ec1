use aws_sdk_dynamodb::types::Select;
use deskless_domain::{ApiKey, AttemptId, AuditAction, AuditEvent, Collected, Kind, Resource, ResourceEvent};

use super::{claim::claim_conflict, item::ARCHIVED_AT};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    expression::text,
    idempotency::{Attempt, Attempts},
    transaction::Transaction,
};

impl TenantStore {
    /// AP-17: creates a resource, in two round trips: the count of the collection and an earlier outcome at the same time,
    /// then the writes. Counting costs half a unit for each 4 KB. A collection is one partition.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] when the workspace has the maximum number of the kind (concurrent creations may exceed the
    /// limit by a few); [`StoreError::EmailExists`]; [`StoreError::IdempotencyKeyReused`].
    pub async fn create_resource<T: Collected>(
        &self,
        fields: T,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<Resource<T>>, StoreError> {
        let created = self.create_resource_for(fields, key, None).await?;
        created.ok_or_else(|| StoreError::Internal("a resource was not created".to_owned()))
    }

    /// AP-17: as [`Self::create_resource`], on the condition that the API key `caller` has not changed since it was read. Returns
    /// `None` if it has: read it again and retry.
    ///
    /// # Errors
    /// As [`Self::create_resource`].
    pub async fn create_resource_for<T: Collected>(
        &self,
        fields: T,
        key: Option<&IdempotencyKey>,
        caller: Option<&ApiKey>,
    ) -> Result<Option<Once<Resource<T>>>, StoreError> {
        let (count, cursor, earlier) =
            tokio::try_join!(self.count(T::KIND), self.first_cursor::<T>(), self.replay(key))?;
        if let Some(earlier) = earlier {
            return Ok(Some(Once::replay(earlier)));
        }
        if count >= T::KIND.max_resources() {
            return Err(StoreError::TooMany(T::KIND));
        }
        let resource = Resource::new(fields, self.clock());
        let stored = self.with_sealed_secrets(&resource).await?;
        let mut transaction = Transaction::default();
        let itself = transaction.put_new(self, self.resource_item(&stored, AttemptId::generate(self.clock()))?)?;
        if let Some(caller) = caller {
            self.check_key(&mut transaction, caller)?;
        }
        let claim = self.claim_text(&mut transaction, &resource)?;
        self.add_stamp(&mut transaction, T::KIND)?;
        self.add_follower(&mut transaction, None, Some(&resource))?;
        self.add_delivery_start(&mut transaction, &resource, cursor)?;
        let event = AuditEvent::new(AuditAction::of(T::KIND, ResourceEvent::Created), resource.id);
        self.add_audit_entry(&mut transaction, event)?;
        match Attempts::new(self, key).commit(transaction, &resource.without_secrets()).await? {
            Attempt::Committed => Ok(Some(Once::first(resource))),
            // The id is new, so an earlier attempt was committed and its response was lost.
            Attempt::Failed(failed) if failed.at(itself) => Ok(Some(Once::first(resource))),
            Attempt::Failed(failed) => claim_conflict(claim, &failed).map_or(Ok(None), Err),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
        }
    }

    /// Counts the resources of a kind, without archived ones.
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
