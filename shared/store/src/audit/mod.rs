//! The audit log: AP-96 and AP-97. An entry commits in the transaction of its change.

mod item;
mod list;

pub use list::AuditPage;

use std::sync::Arc;

use deskless_domain::{AuditActor, AuditEvent, EventActor};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::Update,
    keys::Key,
    transaction::{Commit, Transaction, WriteIndex},
};

/// Who uses a store, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Attribution {
    pub actor: AuditActor,
    /// The id of the request.
    pub request_id: Option<String>,
    /// Whether it is a customer, with a client key.
    pub is_customer: bool,
}

impl TenantStore {
    /// Returns this store for an actor, whom the audit log names. A store of an authenticated API key has the key as its actor.
    #[must_use]
    pub fn acting_as(&self, actor: AuditActor) -> Self {
        let request_id = self.attribution().request_id.clone();
        self.with_attribution(Arc::new(Attribution { actor, request_id, is_customer: false }))
    }

    /// Returns this store for a request, whose id the audit log has.
    #[must_use]
    pub fn in_request(&self, request_id: &str) -> Self {
        let attribution = self.attribution().clone();
        self.with_attribution(Arc::new(Attribution { request_id: Some(request_id.to_owned()), ..attribution }))
    }

    /// Returns this store for a customer, whom no log names.
    pub(crate) fn acting_as_customer(&self) -> Self {
        let attribution = self.attribution().clone();
        self.with_attribution(Arc::new(Attribution { is_customer: true, ..attribution }))
    }

    /// Returns who uses the store, for events.
    #[must_use]
    pub fn event_actor(&self) -> EventActor {
        match &self.attribution().actor {
            _ if self.attribution().is_customer => EventActor::Customer,
            AuditActor::ApiKey { id, .. } => EventActor::ApiKey(*id),
            AuditActor::Automation { id, .. } => EventActor::Automation(*id),
            AuditActor::BulkAction { id, .. } => EventActor::BulkAction(*id),
            AuditActor::Operator => EventActor::Operator,
            AuditActor::System => EventActor::System,
        }
    }

    /// AP-96: adds an entry of the audit log to the transaction of its change. Costs two write units.
    pub(crate) fn add_audit_entry(
        &self,
        transaction: &mut Transaction,
        event: AuditEvent,
    ) -> Result<WriteIndex, StoreError> {
        transaction.put(self, self.audit_item(event)?, Condition::none())
    }

    /// AP-96: writes an entry for something that has no write of its own, such as an export.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_audit_event(&self, event: AuditEvent) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        self.add_audit_entry(&mut transaction, event)?;
        transaction.commit(self, &mut self.backoff()).await.map(drop)
    }

    /// AP-96: updates one item if the condition holds, together with an entry of the audit log. Returns whether it did.
    pub(crate) async fn update_audited(
        &self,
        key: Key,
        update: Update,
        condition: Condition,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let mut transaction = Transaction::default();
        transaction.update(self, key, update, condition)?;
        self.add_audit_entry(&mut transaction, event)?;
        Ok(matches!(transaction.commit(self, &mut self.backoff()).await?, Commit::Done))
    }
}
