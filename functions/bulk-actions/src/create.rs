use std::time::Duration;

use deskless_api::{ApiQuery, Caller, Idempotent, NoParameters, Reply, replayed, scope::WriteConversations};
use deskless_app::{
    bulk::{self, CreateBulkAction},
    without_values,
};
use deskless_domain::Scope;

use crate::dto::{BulkActionResponse, CreateBulkActionRequest, reply};

/// How long a request processes steps before the worker takes over. Functions time out after 15 s.
const STEPS_TIMEOUT: Duration = Duration::from_secs(8);

/// Create a bulk action
///
/// Up to 100 ids are processed before the response, which is then 200. Everything else is processed in the background: the
/// response is 202. A dry run needs the scope `read:conversations` as well, and counts at most about 10,000 conversations.
#[utoipa::path(
    post,
    path = "/api/v1/bulk-actions",
    tag = "Bulk actions",
    request_body = CreateBulkActionRequest,
    responses(
        (status = 200, description = "The finished bulk action", body = BulkActionResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 202, description = "The running bulk action", body = BulkActionResponse, headers(
            ("Location" = String, description = "The path of the bulk action"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn create_bulk_action(
    caller: Caller<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateBulkActionRequest>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    let command: CreateBulkAction = request.into_command(caller.credential().id);
    if command.dry_run {
        // Its result is what a dry run is for.
        caller.require(Scope::ReadConversations)?;
    }
    let is_small = command.is_small();
    let mut created = bulk::create(store, command, key.as_ref()).await?;
    if is_small {
        // The response to a repeat has the current progress, not that of the first response.
        let (action, error) = bulk::run_within(store, created.outcome.id, STEPS_TIMEOUT).await?;
        if let Some(error) = error {
            tracing::warn!(bulk_action = %action.id, error = without_values(&error.to_string()), "bulk action interrupted; the worker processes the remaining steps");
        }
        created.outcome = action;
    }
    replayed(created.is_replay, reply(&created.outcome))
}
