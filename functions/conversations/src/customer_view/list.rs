use deserr::Deserr;
use deskless_api::{CursorScope, CustomerCaller, InvalidRequest, Limit, Reply, ok, wire::ListTag};
use deskless_app::conversations::{self, Position};
use deskless_domain::{Order, Status};

use super::dto::{CustomerConversationListResponse, CustomerConversationObject};

/// The page size, the order and a filter.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct ListOwnConversationsQuery {
    #[deserr(default)]
    limit: Limit<20, 100>,
    #[deserr(default)]
    cursor: Option<String>,
    #[deserr(default = Order::Desc)]
    order: Order,
    #[deserr(default)]
    status: Option<Status>,
}

/// Lists the customer's conversations.
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
