use std::time::Duration;

use deskless_api::{ApiQuery, Caller, Idempotent, NoParameters, Reply, finish, scope::WriteConversations};
use deskless_domain::BulkActionId;
use deskless_store::{Answer, Once, StoreError};

use crate::dto::{BulkActionResponse, CreateBulkActionRequest, answer};

/// For so long a request does the work itself; the rest is the worker's. Functions end after 15 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// Act on many conversations
///
/// Up to 100 ids are dealt with before the answer, which is then 200. Everything else goes on in the background: 202, and
/// `Location` says where its progress is shown. Each conversation is changed once, also if the work is interrupted; one that
/// is as it shall be stays as it is, and counts as dealt with. With a filter, a conversation is changed if it was there when
/// this was asked for and passes the filter when its turn comes; one that does not is passed over.
///
/// A dry run counts at most about 10,000 conversations and looks for 6 seconds; `exact` says whether that was all. It is kept
/// like any other.
#[utoipa::path(
    post,
    path = "/api/v1/bulk-actions",
    tag = "Bulk actions",
    request_body = CreateBulkActionRequest,
    responses(
        (status = 200, description = "Done, or counted", body = BulkActionResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 202, description = "It goes on in the background", body = BulkActionResponse, headers(
            ("Location" = String, description = "Where its progress is shown"),
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
    let (request, repeat) = request.into_parts(&caller, &answer);
    let (at_once, outcome) = match request.check(store, caller.credential().id).await {
        Ok(new) => (new.selection.is_small() && !new.dry_run, store.create_bulk_action(new, repeat).await?),
        // What it refers to may be gone by now: that does not concern a repeat.
        Err(problem) => match store.replay(repeat.as_ref()).await? {
            Some(earlier) => (false, Once::Replayed(earlier)),
            None => return Err(problem),
        },
    };
    let id = match &outcome {
        _ if !at_once => return finish(outcome, answer),
        Once::Done(action) => action.id,
        Once::Replayed(answer) => id_in(answer)?,
    };
    // What was stored when it began tells where it is; who repeats the request helps to end it, and tells how it ended.
    let (action, trouble) = store.carry_out_bulk_action(id, PATIENCE).await?;
    if let Some(error) = trouble {
        tracing::warn!(bulk_action = %id, error = %error, "left to the worker");
    }
    let outcome = match outcome {
        Once::Done(_) => Once::Done(action),
        Once::Replayed(_) => Once::Replayed(answer(&action)?),
    };
    finish(outcome, answer)
}

fn id_in(answer: &Answer) -> Result<BulkActionId, StoreError> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = body["bulkAction"]["id"].as_str().and_then(BulkActionId::parse);
    id.ok_or_else(|| StoreError::Internal("a stored answer names no bulk action".to_owned()))
}
