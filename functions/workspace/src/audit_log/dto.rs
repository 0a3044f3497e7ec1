use deskless_api::{object_tag, wire::ListTag};
use deskless_domain::{AuditAction, AuditActor, AuditActorType, AuditEntry, AuditObjectType, Scope};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"audit_entry"`
    AuditEntryTag = "audit_entry"
);

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditActor)]
pub struct ActorObject {
    #[serde(rename = "type")]
    actor_type: AuditActorType,
    /// The id of the API key, the automation or the bulk action. `null` for `operator` and `system`.
    #[schema(required, format = "uuid")]
    id: Option<String>,
    /// The name of the API key at that time. `null` for other actors.
    #[schema(required)]
    name: Option<String>,
    /// The API key that is responsible. `null` if there is none, or it is not known.
    #[schema(required, format = "uuid")]
    key_id: Option<String>,
}

impl From<&AuditActor> for ActorObject {
    fn from(actor: &AuditActor) -> Self {
        let name = if let AuditActor::ApiKey { name, .. } = actor { Some(name.to_string()) } else { None };
        Self { actor_type: actor.actor_type(), id: actor.id(), name, key_id: actor.key().map(|key| key.to_string()) }
    }
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub struct AuditEntryObject {
    object: AuditEntryTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "date-time")]
    created_at: String,
    actor: ActorObject,
    action: AuditAction,
    object_type: AuditObjectType,
    /// The id of the object. For a customer, it is a digest.
    #[schema(required)]
    object_id: Option<String>,
    /// The names of the fields that an update changed.
    fields: Vec<String>,
    /// The scopes that an API key was given.
    scopes_added: Vec<Scope>,
    /// The scopes that were taken from an API key.
    scopes_removed: Vec<Scope>,
    /// The number of a deleted conversation. `null` for other entries.
    #[schema(required)]
    number: Option<u64>,
    /// The reason that was given for a deletion.
    #[schema(required)]
    reason: Option<String>,
    /// The id of the request. `null` if there was none.
    #[schema(required)]
    request_id: Option<String>,
}

impl From<&AuditEntry> for AuditEntryObject {
    fn from(entry: &AuditEntry) -> Self {
        let event = &entry.event;
        Self {
            object: AuditEntryTag,
            id: entry.id.to_string(),
            created_at: entry.created_at().to_string(),
            actor: ActorObject::from(&entry.actor),
            action: event.action,
            object_type: event.action.object_type(),
            object_id: event.object_id.clone(),
            fields: event.fields.clone(),
            scopes_added: event.scopes_added.clone(),
            scopes_removed: event.scopes_removed.clone(),
            number: event.number,
            reason: event.reason.as_ref().map(ToString::to_string),
            request_id: entry.request_id.clone(),
        }
    }
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogResponse {
    pub(super) object: ListTag,
    /// Whether more pages may follow.
    pub(super) has_more: bool,
    /// The `cursor` of the next page. `null` on the last page.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
    pub(super) audit_entries: Vec<AuditEntryObject>,
}
