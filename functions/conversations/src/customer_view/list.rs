use deserr::Deserr;
use deskless_api::{CursorScope, CustomerCaller, InvalidRequest, Limit, Reply, ok, wire::ListTag};
use deskless_app::conversations::{self, Position};
use deskless_domain::{Order, Status};
use utoipa::IntoParams;

use super::dto::{CustomerConversationListResponse, CustomerConversationObject};

/// The page size, the order and a filter.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListOwnConversationsQuery {
    /// The page size.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// The `nextCursor` of the previous page.
    #[deserr(default)]
    cursor: Option<String>,
    /// `desc` for newest first (the default), `asc` for oldest first.
    #[deserr(default = Order::Desc)]
    #[param(inline, value_type = Option<Order>)]
    order: Order,
    /// Only conversations with this status.
    #[deserr(default)]
    #[param(inline)]
    status: Option<Status>,
}

/// List conversations
///
/// Lists the customer's conversations by activity: the time of the newest reply, or of creation. A page can be short or empty
/// while `hasMore` is `true`.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    tag = "Conversations",
    params(ListOwnConversationsQuery),
    responses((status = 200, description = "A page of conversations", body = CustomerConversationListResponse)),
)]
pub async fn list_conversations(caller: &CustomerCaller, query: ListOwnConversationsQuery) -> Reply {
    let ListOwnConversationsQuery { limit, cursor, order, status } = query;
    let scope = CursorScope::new(
        caller.store().workspace_id(),
        &["own conversations", order.as_str(), status.map_or("", Status::as_str), caller.customer().as_str()],
    );
    let after = match &cursor {
        None => None,
        Some(cursor) => {
            let [frontier, until] = scope.decode_ids(cursor)?;
            Some(Position { frontier, until: (order == Order::Asc).then_some(until) })
        }
    };
    let page = conversations::list_own(caller.store(), status, order, after, limit.0).await?;
    let next_cursor = page.next.map(|next| scope.encode_ids(&[next.frontier, next.until.unwrap_or(next.frontier)]));
    ok(
        None,
        &CustomerConversationListResponse {
            object: ListTag,
            has_more: next_cursor.is_some(),
            next_cursor,
            conversations: page.conversations.iter().map(CustomerConversationObject::from).collect(),
        },
    )
}
