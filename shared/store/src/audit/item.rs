use deskless_domain::{
    AuditAction, AuditActor, AuditActorType, AuditEntry, AuditEntryId, AuditEvent, DeletionReason, Identifier, KeyId,
    Scope, Title,
};
use serde::{Deserialize, Serialize};

use super::Attribution;
use crate::{
    StoreError, TenantStore,
    item::{self, Item, string},
    packed::unpack,
};

/// How long an entry is stored: 90 days.
const TTL_SECONDS: i64 = 90 * 24 * 60 * 60;

/// The names of the attributes that filters read.
pub(super) mod attributes {
    pub(crate) const ACTION: &str = "action";
    pub(crate) const ACTOR: &str = "actor";
    pub(crate) const ACTOR_ID: &str = "actorId";
    pub(crate) const KEY_ID: &str = "keyId";
    pub(crate) const OBJECT_ID: &str = "objectId";
}

/// An entry's item. Its id is in the key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditItem {
    action: AuditAction,
    actor: AuditActorType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_id: Option<String>,
    /// The name of the API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_name: Option<Title>,
    /// The API key that is responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<KeyId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fields: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes_added: Vec<Scope>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes_removed: Vec<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<DeletionReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    expires_at: i64,
}

impl TenantStore {
    /// Returns the item of a new entry.
    pub(super) fn audit_item(&self, event: AuditEvent) -> Result<Item, StoreError> {
        let Attribution { actor, request_id, .. } = self.attribution();
        let attributes = AuditItem {
            action: event.action,
            actor: actor.actor_type(),
            actor_id: actor.id(),
            actor_name: if let AuditActor::ApiKey { name, .. } = actor { Some(name.clone()) } else { None },
            key_id: actor.key(),
            object_id: event.object_id,
            fields: event.fields,
            scopes_added: event.scopes_added,
            scopes_removed: event.scopes_removed,
            number: event.number,
            reason: event.reason,
            request_id: request_id.clone(),
            expires_at: self.clock().now().plus_seconds(TTL_SECONDS).as_seconds(),
        };
        item::write(self.keys().audit_entry(AuditEntryId::generate(self.clock())), &attributes)
    }
}

/// Parses the key of an entry's item.
pub(super) fn id_of(item: &Item) -> Result<AuditEntryId, StoreError> {
    string(item, "sk")
        .and_then(unpack)
        .ok_or_else(|| StoreError::Internal("the key of an audit log entry cannot be read".to_owned()))
}

/// Converts an entry's item.
pub(super) fn read(found: Item) -> Result<AuditEntry, StoreError> {
    let id = id_of(&found)?;
    let item: AuditItem = item::read(found)?;
    let actor = actor(&item)
        .ok_or_else(|| StoreError::Internal("the actor of an audit log entry cannot be read".to_owned()))?;
    Ok(AuditEntry {
        id,
        actor,
        event: AuditEvent {
            action: item.action,
            object_id: item.object_id,
            fields: item.fields,
            scopes_added: item.scopes_added,
            scopes_removed: item.scopes_removed,
            number: item.number,
            reason: item.reason,
        },
        request_id: item.request_id,
    })
}

fn actor(item: &AuditItem) -> Option<AuditActor> {
    fn id<I: Identifier>(item: &AuditItem) -> Option<I> {
        item.actor_id.as_deref().and_then(I::parse)
    }
    Some(match item.actor {
        AuditActorType::ApiKey => AuditActor::ApiKey { id: id(item)?, name: item.actor_name.clone()? },
        AuditActorType::Automation => AuditActor::Automation { id: id(item)?, key: item.key_id },
        AuditActorType::BulkAction => AuditActor::BulkAction { id: id(item)?, key: item.key_id? },
        AuditActorType::Operator => AuditActor::Operator,
        AuditActorType::System => AuditActor::System,
    })
}
