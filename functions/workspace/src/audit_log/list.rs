use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, InvalidRequest, Limit, Reply, ok, scope::ReadAudit, shape::ListCursor, wire::ListTag,
};
use deskless_app::audit;
use deskless_domain::{AuditAction, AuditActorType, AuditFilter, AuditObjectType, KeyId, Timestamp};
use utoipa::IntoParams;

use super::dto::{AuditEntryObject, AuditLogResponse};

/// The page size and filters. All filters must match.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListAuditLogQuery {
    /// The page size.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// The `nextCursor` of the previous page.
    #[deserr(default)]
    cursor: Option<String>,
    /// Only entries of this type of actor.
    #[deserr(default)]
    #[param(inline)]
    actor_type: Option<AuditActorType>,
    /// Only entries of this API key, automation or bulk action. An API key also matches the entries of its automations and bulk
    /// actions.
    // The other actors' ids are UUIDs too.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = "uuid")]
    actor_id: Option<KeyId>,
    /// Only entries with this action.
    #[deserr(default)]
    #[param(inline)]
    action: Option<AuditAction>,
    /// Only entries about this type of object.
    #[deserr(default)]
    #[param(inline)]
    object_type: Option<AuditObjectType>,
    /// Only entries about this object. For a customer, send the customer's id.
    #[deserr(default)]
    object_id: Option<String>,
    /// Only entries at or after this time.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    created_after: Option<Timestamp>,
    /// Only entries before this time.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    created_before: Option<Timestamp>,
}

/// List the audit log
///
/// Lists who changed settings and API keys, deleted data or exported it, in the last 90 days, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit-log",
    tag = "Audit log",
    params(ListAuditLogQuery),
    responses((status = 200, description = "A page of the audit log", body = AuditLogResponse)),
)]
pub async fn list_audit_log(caller: Caller<ReadAudit>, ApiQuery(query): ApiQuery<ListAuditLogQuery>) -> Reply {
    let filter = AuditFilter {
        actor_type: query.actor_type,
        actor_id: query.actor_id.map(|id| id.to_string()),
        action: query.action,
        object_type: query.object_type,
        object_id: query.object_id,
        created_after: query.created_after,
        created_before: query.created_before,
    };
    let cursor = ListCursor::new(&caller, query.cursor.as_deref(), &["audit-log", &format!("{filter:?}")]);
    let page = audit::list(caller.store(), &filter, cursor.after()?, query.limit.0).await?;
    let page = cursor.page(page.entries, page.next);
    ok(
        None,
        &AuditLogResponse {
            object: ListTag,
            has_more: page.next_cursor.is_some(),
            next_cursor: page.next_cursor,
            audit_entries: page.rows.iter().map(AuditEntryObject::from).collect(),
        },
    )
}
