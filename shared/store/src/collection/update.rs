use deskless_domain::{ApiKey, AttemptId, AuditAction, AuditEvent, Collected, Precondition, Resource, ResourceEvent};
use serde_json::Value;

use super::{claim::claim_conflict, item::is_own_write};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    idempotency::{Attempt, Attempts},
    transaction::{Commit, Transaction, WriteIndex},
};

impl TenantStore {
    /// AP-18: replaces a resource with its next version. Returns false if the stored version is not the previous one: read
    /// it again and retry. An update that changes a field is recorded in the audit log (AP-96).
    ///
    /// # Errors
    /// [`StoreError::EmailExists`].
    pub async fn replace_resource<T: Collected>(
        &self,
        previous: &Resource<T>,
        next: &Resource<T>,
    ) -> Result<bool, StoreError> {
        self.replace_resource_for(previous, next, None).await
    }

    /// AP-18: as [`Self::replace_resource`], on the condition that the API key `caller` has not changed since it was read.
    ///
    /// # Errors
    /// As [`Self::replace_resource`].
    pub async fn replace_resource_for<T: Collected>(
        &self,
        previous: &Resource<T>,
        next: &Resource<T>,
        caller: Option<&ApiKey>,
    ) -> Result<bool, StoreError> {
        let Replacement { mut transaction, itself, claim, attempt } = self.replacement(previous, next).await?;
        if let Some(caller) = caller {
            self.check_key(&mut transaction, caller)?;
        }
        match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Ok(true),
            // The existing item may be this write, if its first response was lost.
            Commit::Failed(failed) if failed.at(itself) => Ok(is_own_write(failed.existing(itself), attempt)),
            // Without a claim, the caller's key has changed.
            Commit::Failed(failed) => claim_conflict(claim, &failed).map_or(Ok(false), Err),
        }
    }

    /// AP-18: as [`Self::replace_resource`], once for an idempotency key. Returns `None` if the stored version is not the previous one.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`], and those of [`Self::replace_resource`].
    pub async fn replace_resource_once<T: Collected>(
        &self,
        previous: &Resource<T>,
        next: &Resource<T>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<Resource<T>>>, StoreError> {
        let Replacement { transaction, itself, claim, attempt } = self.replacement(previous, next).await?;
        match Attempts::new(self, key).commit(transaction, &next.without_secrets()).await? {
            Attempt::Committed => Ok(Some(Once::first(next.clone()))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            Attempt::Failed(failed) if failed.at(itself) => {
                let is_own = is_own_write(failed.existing(itself), attempt);
                Ok(is_own.then(|| Once::first(next.clone())))
            }
            Attempt::Failed(failed) => claim_conflict(claim, &failed).map_or(Ok(None), Err),
        }
    }

    /// Returns the transaction that replaces a resource with its next version.
    async fn replacement<T: Collected>(
        &self,
        previous: &Resource<T>,
        next: &Resource<T>,
    ) -> Result<Replacement, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let unchanged = Condition::none().version(&Precondition::exactly(previous.version));
        let sealed = self.with_sealed_secrets(next).await?;
        let mut transaction = Transaction::default();
        let itself = transaction.put(self, self.resource_item(&sealed, attempt)?, unchanged)?;
        let claim = self.move_claim(&mut transaction, previous, next)?;
        self.add_stamp(&mut transaction, T::KIND)?;
        self.add_follower(&mut transaction, Some(previous), Some(next))?;
        // A secret that stays has the same encrypted form.
        if let Some(event) = audit_event(previous, &sealed)? {
            self.add_audit_entry(&mut transaction, event)?;
        }
        Ok(Replacement { transaction, itself, claim, attempt })
    }

    /// AP-18: deletes a resource. Returns false if it has a different version. Returns true if it does not exist any more.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_resource<T: Collected>(&self, resource: &Resource<T>) -> Result<bool, StoreError> {
        let unchanged = Condition::exists().version(&Precondition::exactly(resource.version));
        let mut transaction = Transaction::default();
        let itself = transaction.delete(self, self.keys().resource(T::KIND, resource.id), unchanged)?;
        self.add_stamp(&mut transaction, T::KIND)?;
        self.add_follower(&mut transaction, Some(resource), None)?;
        let event = AuditEvent::new(AuditAction::of(T::KIND, ResourceEvent::Deleted), resource.id);
        self.add_audit_entry(&mut transaction, event)?;
        match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Ok(true),
            Commit::Failed(failed) => Ok(failed.existing(itself).is_none()),
        }
    }
}

/// The transaction that replaces a resource.
struct Replacement {
    transaction: Transaction,
    /// The write of the resource.
    itself: WriteIndex,
    /// The write of its claim.
    claim: Option<WriteIndex>,
    attempt: AttemptId,
}

/// Returns the entry of the audit log for an update; `None` if no field changes.
fn audit_event<T: Collected>(previous: &Resource<T>, next: &Resource<T>) -> Result<Option<AuditEvent>, StoreError> {
    let event = |event| AuditEvent::new(AuditAction::of(T::KIND, event), next.id);
    if previous.archived_at != next.archived_at {
        return Ok(Some(event(ResourceEvent::Deleted)));
    }
    let fields = |resource: &Resource<T>| match serde_json::to_value(&resource.fields) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(StoreError::Internal("the fields of a resource cannot be compared".to_owned())),
    };
    let (before, after) = (fields(previous)?, fields(next)?);
    let mut changed: Vec<_> = after.iter().filter(|(name, value)| before.get(*name) != Some(*value)).collect();
    changed.extend(before.iter().filter(|(name, _)| !after.contains_key(*name)));
    let names = changed.into_iter().map(|(name, _)| name.clone());
    let names: Vec<_> = names.filter(|name| !T::INTERNAL_FIELDS.contains(&name.as_str())).collect();
    Ok((!names.is_empty()).then(|| event(ResourceEvent::Updated).with_fields(names)))
}
