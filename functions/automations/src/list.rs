use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Limit, Reply, ok, scope::ReadAutomations, shape::ListCursor};
use deskless_app::automations;
use deskless_domain::KeyId;
use utoipa::IntoParams;

use crate::dto::AutomationListResponse;

/// The page size and a filter.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListAutomationsQuery {
    /// The page size.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// The `nextCursor` of the previous page.
    #[deserr(default)]
    cursor: Option<String>,
    /// Only automations that run with the rights of this API key.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = "uuid")]
    api_key_id: Option<KeyId>,
}

/// List automations
///
/// Lists all automations, oldest first, disabled ones included.
#[utoipa::path(
    get,
    path = "/api/v1/automations",
    tag = "Automations",
    params(ListAutomationsQuery),
    responses((status = 200, description = "A page of automations", body = AutomationListResponse)),
)]
pub async fn list_automations(
    caller: Caller<ReadAutomations>,
    ApiQuery(query): ApiQuery<ListAutomationsQuery>,
) -> Reply {
    let key = query.api_key_id.map(|key| key.to_string()).unwrap_or_default();
    let cursor = ListCursor::new(&caller, query.cursor.as_deref(), &["automations", &key]);
    let page = automations::list(caller.store(), query.api_key_id, cursor.after()?, query.limit.0).await?;
    ok(None, &AutomationListResponse::from(cursor.page(page.resources, page.next)))
}
