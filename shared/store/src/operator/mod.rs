//! Operations on the whole table, for the `deskless` command.

mod delete;
mod secrets;
mod shards;

pub use delete::WorkspaceDeletion;
pub(crate) use secrets::Located;
pub use secrets::{SecretsMoved, SecretsRotation};
pub use shards::ShardChange;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{AuditAction, AuditActor, AuditEvent, BodyLimit, RateLimit, Shards, Title, WorkspaceId};

use crate::{
    Store, StoreError, TenantStore, Workspace,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, Item},
    keys::{TenantKeys, root},
    transaction::{Commit, Transaction},
    workspace::{WorkspaceItem, attributes},
};

/// The operator of an installation, who has the table's credentials: the `deskless` command. No function of the API creates
/// one.
#[derive(Debug, Clone)]
pub struct Operator(Store);

impl Operator {
    /// Creates an operator of the whole table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Returns the store of a workspace that is known to exist, with the operator as its actor in the audit log.
    pub(crate) fn tenant(&self, id: WorkspaceId, shards: Shards) -> TenantStore {
        TenantStore::new(self.0.clone(), id, shards).acting_as(AuditActor::Operator)
    }

    /// Returns the store, without a workspace.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0
    }

    /// Creates a workspace. The first one also gets the table its data key.
    ///
    /// # Errors
    /// When the table does not respond, or when KMS does not for the first workspace.
    pub async fn create_workspace(&self, name: Title) -> Result<Workspace, StoreError> {
        self.ensure_data_key().await?;
        let id = WorkspaceId::generate(self.0.clock());
        let attributes = WorkspaceItem::new(id, name.clone());
        let tenant = self.tenant(id, Shards::default());
        let mut transaction = Transaction::default();
        for key in [TenantKeys(id).workspace(), root::workspace_listing(id)] {
            transaction.put_new(&tenant, item::write(key, &attributes)?)?;
        }
        tenant.add_audit_entry(&mut transaction, AuditEvent::new(AuditAction::WorkspaceCreated, id))?;
        match transaction.commit(&tenant, &mut tenant.backoff()).await? {
            Commit::Done => Ok(Workspace { id, name }),
            Commit::Failed(_) => Err(StoreError::Internal("the id of a new workspace exists already".to_owned())),
        }
    }

    /// Reads all workspaces, oldest first.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        let mut workspaces = Vec::new();
        let mut pages = self
            .0
            .client()
            .query()
            .table_name(self.0.table())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(root::WORKSPACES))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        while let Some(found) = pages.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let WorkspaceItem { id, name, .. } = item::read(found)?;
            workspaces.push(Workspace { id, name });
        }
        Ok(workspaces)
    }

    /// AP-79: sets the limit of all requests of a workspace together. Takes effect in all processes within 20 s.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such workspace.
    pub async fn set_rate_limit(&self, id: WorkspaceId, limit: RateLimit) -> Result<(), StoreError> {
        self.set(id, attributes::RATE_LIMIT, number(limit.requests())).await
    }

    /// AP-79: sets the limit of message bodies in a workspace. Takes effect in all processes within 20 s.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such workspace.
    pub async fn set_body_limit(&self, id: WorkspaceId, limit: BodyLimit) -> Result<(), StoreError> {
        self.set(id, attributes::MAX_BODY_CHARACTERS, number(limit.characters())).await
    }

    /// AP-79: allows webhook endpoints on this machine, for a workspace of the local stack. Takes effect in all processes within
    /// 20 s.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such workspace.
    pub async fn allow_local_webhooks(&self, id: WorkspaceId) -> Result<(), StoreError> {
        self.set(id, attributes::LOCAL_WEBHOOKS, AttributeValue::Bool(true)).await
    }

    /// Sets one attribute of a workspace.
    async fn set(&self, id: WorkspaceId, attribute: &str, value: AttributeValue) -> Result<(), StoreError> {
        let tenant = self.tenant(id, Shards::default());
        let mut update = Update::default();
        update.set(attribute, value);
        let exists = Condition::exists().missing(attributes::DELETED_AT);
        let event = AuditEvent::new(AuditAction::WorkspaceUpdated, id).with_fields(vec![attribute.to_owned()]);
        if !tenant.update_audited(tenant.keys().workspace(), update, exists, event).await? {
            return Err(StoreError::NotFound);
        }
        self.0.caches().workspaces.remove(&id);
        Ok(())
    }

    /// Returns the store of a workspace; `None` if there is none, or if it is being deleted.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn open(&self, id: WorkspaceId) -> Result<Option<TenantStore>, StoreError> {
        Ok(self.0.open(id).await?.map(|tenant| tenant.acting_as(AuditActor::Operator)))
    }

    /// Returns the store of an existing workspace.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<TenantStore, StoreError> {
        self.open(id).await?.ok_or(StoreError::NotFound)
    }
}
