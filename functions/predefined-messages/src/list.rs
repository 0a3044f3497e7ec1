use deskless_api::{
    ApiQuery, Caller, CursorScope, Problem, Reply, ok,
    scope::ReadReplies,
    shape::{ListQuery, Page},
};
use deskless_app::predefined_messages::{self, SortedPosition};
use deskless_domain::Timestamp;

use crate::dto::PredefinedMessageListResponse;

/// List predefined messages
///
/// By title, regardless of case; those with the same title oldest first. The list lags a write by a moment. One that gets
/// another title while the list is walked may be missed; no cursor shows one twice.
#[utoipa::path(
    get,
    path = "/api/v1/predefined-messages",
    tag = "Predefined messages",
    params(ListQuery),
    responses((status = 200, description = "A page", body = PredefinedMessageListResponse)),
)]
pub async fn list_predefined_messages(caller: Caller<ReadReplies>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let scope = CursorScope::new(caller.store().workspace_id(), &["predefined-messages"]);
    let after = query.cursor().map(|cursor| position(&scope, cursor)).transpose()?;
    let page = predefined_messages::list(caller.store(), after, query.limit()).await?;
    let next_cursor = page.next.map(|next| cursor(&scope, &next));
    ok(None, &PredefinedMessageListResponse::from(Page { rows: page.messages, next_cursor }))
}

/// Encodes a cursor: the time of the first page in eight bytes, and the sort key, which is a title of at most 120
/// characters and an id. It stays below 750 characters. The sort key is part of the cursor, because the message may have
/// another title by now.
fn cursor(scope: &CursorScope, next: &SortedPosition) -> String {
    let mut bytes = next.started_at.as_millis().to_be_bytes().to_vec();
    bytes.extend(next.sort_key.as_bytes());
    scope.encode(&bytes)
}

fn position(scope: &CursorScope, cursor: &str) -> Result<SortedPosition, Problem> {
    let bytes = scope.decode(cursor)?;
    let position = bytes.split_first_chunk().and_then(|(started_at, sort_key)| {
        let started_at = Timestamp::from_millis(i64::from_be_bytes(*started_at));
        Some(SortedPosition { started_at, sort_key: str::from_utf8(sort_key).ok()?.to_owned() })
    });
    position.ok_or_else(CursorScope::invalid_cursor)
}
