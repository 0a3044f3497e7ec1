use deserr::Deserr;
use deskless_api::{CursorScope, CustomerCaller, InvalidRequest, Limit, Reply, ok, wire::ListTag};
use deskless_domain::{Order, Status};
use deskless_store::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::OwnConversationObject;

/// Which of the customer's conversations.
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

/// A page of a customer's conversations, as they see them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerViewConversationListResponse)]
pub struct OwnConversationListResponse {
    object: ListTag,
    /// Whether there may be more.
    has_more: bool,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    conversations: Vec<OwnConversationObject>,
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
    let page = caller.store().list_conversations(status, order, after, limit.0).await?;
    let next_cursor = page.next.map(|next| scope.encode_ids(&[next.frontier, next.until.unwrap_or(next.frontier)]));
    ok(
        None,
        &OwnConversationListResponse {
            object: ListTag,
            has_more: next_cursor.is_some(),
            next_cursor,
            conversations: page.conversations.iter().map(OwnConversationObject::from).collect(),
        },
    )
}
