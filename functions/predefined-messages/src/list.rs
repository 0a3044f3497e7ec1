use deskless_api::{
    ApiQuery, Caller, CursorScope, Problem, Reply, ok,
    scope::ReadReplies,
    shape::{ListQuery, Page},
};
use deskless_app::predefined_messages::{self, SortedPlace};
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
    let after = query.cursor().map(|cursor| place(&scope, cursor)).transpose()?;
    let page = predefined_messages::list(caller.store(), after, query.limit()).await?;
    let next_cursor = page.next.map(|next| cursor(&scope, &next));
    ok(None, &PredefinedMessageListResponse::from(Page { rows: page.messages, next_cursor }))
}

/// A cursor holds when the cursor began, in eight bytes, and the place: a title of at most 120 characters with an id, so that
/// it stays below 750 characters. The place has to be in it: the row that stood there may have another title by now.
fn cursor(scope: &CursorScope, next: &SortedPlace) -> String {
    let mut bytes = next.began.as_millis().to_be_bytes().to_vec();
    bytes.extend(next.place.as_bytes());
    scope.encode(&bytes)
}

fn place(scope: &CursorScope, cursor: &str) -> Result<SortedPlace, Problem> {
    let bytes = scope.decode(cursor)?;
    let place = bytes.split_first_chunk().and_then(|(began, place)| {
        let began = Timestamp::from_millis(i64::from_be_bytes(*began));
        Some(SortedPlace { began, place: str::from_utf8(place).ok()?.to_owned() })
    });
    place.ok_or_else(CursorScope::invalid_cursor)
}
