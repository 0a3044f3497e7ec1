use aws_sdk_dynamodb::types::Select;
use deskless_domain::{AttemptId, Collected, Kind, Resource};

use super::item::ARCHIVED_AT;
use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    expression::text,
    transaction::{ABSENT, Outcome, Transaction},
};

impl TenantStore {
    /// AP-17: makes one of a collection. Two trips: how many there are and an earlier answer at once, then one write.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] when there are as many of the kind as there can be (a few more, when they are made at the same time),
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_resource<T: Collected>(
        &self,
        fields: T,
        repeat: Option<Repeat<'_, Resource<T>>>,
    ) -> Result<Once<Resource<T>>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let (count, earlier) = tokio::try_join!(self.count(T::KIND), self.replay(repeat.as_ref()))?;
        if let Some(answer) = earlier {
            return Ok(Once::Replayed(answer));
        }
        if count >= T::KIND.most() {
            return Err(StoreError::TooMany(T::KIND));
        }
        let resource = Resource::new(fields, self.clock());
        let item = self.resource_item(&resource, AttemptId::generate(self.clock()))?;
        loop {
            let mut transaction = Transaction::default();
            let itself = transaction.put(self, item.clone(), Some(ABSENT))?;
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &resource)?;
            }
            match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(resource)),
                // Nobody else has this id: an earlier attempt was committed and its answer lost.
                Outcome::Refused(refusal) if refusal.of(itself).is_some() => return Ok(Once::Done(resource)),
                Outcome::Refused(_) => {}
            }
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            // The record that refused is not there any more: it was past its time.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("a record of an earlier answer keeps changing".to_owned()));
            }
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
