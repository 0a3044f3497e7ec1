use deskless_api::{
    ApiPath, ApiQuery, Caller, CursorScope, Reply, ok,
    scope::ReadWebhooks,
    shape::{ListQuery, Page},
};
use deskless_app::deliveries::{self, AttemptPosition};
use deskless_domain::{AttemptId, MessageId, WebhookEndpointId};

use super::attempt_dto::WebhookAttemptListResponse;

/// List webhook attempts
///
/// Lists the attempts of the last 30 days, tests included, newest first. Not all are kept: of a run of deliveries, which takes up to a
/// minute, at most 200, failures before successes.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}/attempts",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id"), ListQuery),
    responses((status = 200, description = "A page of attempts", body = WebhookAttemptListResponse)),
)]
pub async fn list_webhook_attempts(
    caller: Caller<ReadWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Reply {
    let workspace = caller.store().workspace_id();
    let scope = CursorScope::new(workspace, &["webhook-attempts", &id.to_string()]);
    let before = query.cursor().map(|cursor| scope.decode_ids(cursor).map(position)).transpose()?;
    let page = deliveries::list_attempts(caller.store(), id, before, query.limit()).await?;
    let page = Page {
        rows: page.attempts.into_iter().map(|attempt| (workspace, attempt)).collect(),
        next_cursor: page.next.map(|next| scope.encode_ids(&ids(next))),
    };
    ok(None, &WebhookAttemptListResponse::from(page))
}

/// Converts a position to what cursors have: the run, and the index as an id.
fn ids(position: AttemptPosition) -> [MessageId; 2] {
    let index = u128::try_from(position.index).unwrap_or_default();
    [MessageId::from_bytes(*position.run.as_bytes()), MessageId::from_bytes(index.to_be_bytes())]
}

fn position([run, index]: [MessageId; 2]) -> AttemptPosition {
    let index = usize::try_from(u128::from_be_bytes(*index.as_bytes())).unwrap_or(usize::MAX);
    AttemptPosition { run: AttemptId::from_bytes(*run.as_bytes()), index }
}
