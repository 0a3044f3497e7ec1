use std::time::Duration;

use deskless_api::{ApiQuery, Caller, Idempotent, NoParameters, Reply, replayed, scope::WriteConversations};
use deskless_app::bulk::{self, CreateBulkAction};

use crate::dto::{BulkActionResponse, CreateBulkActionRequest, reply};

/// For how long a request takes steps itself. The worker takes the rest. Functions end after 15 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// Create a bulk action
///
/// Up to 100 ids are processed before the response, which is then 200. Everything else is processed in the background: the response
/// is 202, and `Location` is where you see the progress.
///
/// Each conversation is changed once, even if the work is interrupted. A conversation that is already in the requested state stays
/// as it is and counts as processed. With a filter, a conversation is changed if it existed when you sent the request and matches
/// the filter when its turn comes.
///
/// A dry run counts at most about 10,000 conversations and takes at most 6 seconds; `exact` tells whether all were counted. It is
/// kept like any other bulk action.
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
    let is_small = command.is_small();
    let mut created = bulk::create(store, command, key.as_ref()).await?;
    if is_small {
        // A repeat helps to finish the bulk action and shows how it has ended.
        let (action, stopped_by) = bulk::run_within(store, created.outcome.id, PATIENCE).await?;
        if let Some(error) = stopped_by {
            tracing::warn!(bulk_action = %action.id, error = %error, "the worker takes the remaining steps");
        }
        created.outcome = action;
    }
    replayed(created.is_replay, reply(&created.outcome))
}
