use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, done, finish, scope::WriteConversations,
};
use deskless_domain::{BulkAction, BulkActionId};
use utoipa::ToSchema;

use crate::dto::BulkActionResponse;

/// Nothing has to be said.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
#[schema(max_properties = 0)]
pub struct CancelBulkActionRequest {}

/// Cancel a bulk action
///
/// It stops behind the step that is under way, of at most 100 conversations; `finishedAt` is set when it has. What is done
/// stays done. To cancel it again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/bulk-actions/{bulkActionId}/cancel",
    tag = "Bulk actions",
    params(("bulkActionId" = String, Path, format = "uuid", description = "The bulk action's id")),
    request_body = Option<CancelBulkActionRequest>,
    responses(
        (status = 200, description = "It stops, or has stopped", body = BulkActionResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "It has ended", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn cancel_bulk_action(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<BulkActionId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<Option<CancelBulkActionRequest>>,
) -> Reply {
    let answer = |action: &BulkAction| done(action.version, &BulkActionResponse::from(action));
    let (_, repeat) = request.into_parts(&caller, &answer);
    let outcome = caller.store().cancel_bulk_action(id, repeat).await?;
    finish(outcome, answer)
}
