use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, ok, replayed, scope::WriteConversations,
};
use deskless_app::bulk;
use deskless_domain::BulkActionId;
use utoipa::ToSchema;

use crate::dto::BulkActionResponse;

/// An empty body.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
#[schema(max_properties = 0)]
pub struct CancelBulkActionRequest {}

/// Cancel a bulk action
///
/// Stops the bulk action after the current step of at most 100 conversations. Processed conversations are not restored.
#[utoipa::path(
    post,
    path = "/api/v1/bulk-actions/{bulkActionId}/cancel",
    tag = "Bulk actions",
    params(("bulkActionId" = String, Path, format = "uuid", description = "The bulk action's id")),
    request_body = Option<CancelBulkActionRequest>,
    responses(
        (status = 200, description = "The cancelled bulk action", body = BulkActionResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The bulk action has already finished", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn cancel_bulk_action(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<BulkActionId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<Option<CancelBulkActionRequest>>,
) -> Reply {
    let (_, key) = request.into_parts(&caller);
    let cancelled = bulk::cancel(caller.store(), id, key.as_ref()).await?;
    let action = &cancelled.outcome;
    replayed(cancelled.is_replay, ok(action.version, &BulkActionResponse::from(action)))
}
