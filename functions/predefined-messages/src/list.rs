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
/// Lists predefined messages by title, ignoring case. The list lags behind a write by a moment.
#[utoipa::path(
    get,
    path = "/api/v1/predefined-messages",
    tag = "Predefined messages",
    params(ListQuery),
    responses((status = 200, description = "A page of predefined messages", body = PredefinedMessageListResponse)),
)]
pub async fn list_predefined_messages(caller: Caller<ReadReplies>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let scope = CursorScope::new(caller.store().workspace_id(), &["predefined-messages"]);
    let after = query.cursor().map(|cursor| position(&scope, cursor)).transpose()?;
    let page = predefined_messages::list(caller.store(), after, query.limit()).await?;
    let next_cursor = page.next.map(|next| cursor(&scope, &next));
    ok(None, &PredefinedMessageListResponse::from(Page { rows: page.messages, next_cursor }))
}

/// Encodes a cursor. It has the time at which paging began, in eight bytes, and the position in the list: a title of at most
/// 120 characters with an id. So a cursor has less than 750 characters. The position is stored in the cursor, because the
/// predefined message at that position can get another title.
fn cursor(scope: &CursorScope, next: &SortedPosition) -> String {
    let mut bytes = next.started_at.as_millis().to_be_bytes().to_vec();
    bytes.extend(next.sort_key.as_bytes());
    scope.encode(&bytes)
}

/// Decodes a cursor.
fn position(scope: &CursorScope, cursor: &str) -> Result<SortedPosition, Problem> {
    let bytes = scope.decode(cursor)?;
    let position = bytes.split_first_chunk().and_then(|(began, place)| {
        let began = Timestamp::from_millis(i64::from_be_bytes(*began));
        Some(SortedPosition { started_at: began, sort_key: str::from_utf8(place).ok()?.to_owned() })
    });
    position.ok_or_else(CursorScope::invalid_cursor)
}
