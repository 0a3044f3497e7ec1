use deskless_api::{
    ApiQuery, Caller, CursorScope, Limit, Principal, RawBody, Reply, ok, scope::ReadConversations, wire::ListTag,
    with_filters,
};
use deskless_app::conversations::{self, ConversationList, ListConversations, Position};
use deskless_domain::{ConversationFilter, Order, ViewId};

use crate::{
    by_key::EitherConversationListResponse,
    customer_view,
    dto::{ConversationListResponse, ConversationObject},
};

with_filters! {
    /// The page size, the order and filters. All filters must match.
    pub struct ListConversationsQuery {
        /// The page size.
        #[deserr(default)]
        #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
        #[schema(value_type = Option<u8>)]
        limit: Limit<20, 100>,
        /// The `nextCursor` of the previous page.
        #[deserr(default)]
        cursor: Option<String>,
        /// The order by activity: `desc` for newest first, `asc` for oldest first.
        #[deserr(default = Order::Desc)]
        #[param(inline, value_type = Option<Order>)]
        order: Order,
        /// Only conversations in this saved view. Combines with the other filters.
        #[deserr(default)]
        #[param(value_type = Option<String>, format = "uuid")]
        view_id: Option<ViewId>,
    }
}

/// List conversations
///
/// Lists conversations by activity: the time of the newest reply, or of creation. A page can be short or empty while `hasMore` is
/// `true`. The list can lag behind a write by a moment.
///
/// With a client key, only the customer's conversations. The only filter is `status`.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    tag = "Conversations",
    params(
        ListConversationsQuery,
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: the JWT that identifies the customer"),
    ),
    responses((status = 200, description = "A page of conversations", body = EitherConversationListResponse)),
)]
pub async fn list_conversations(caller: Principal<ReadConversations>, query: ApiQuery<RawBody>) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => return customer_view::list::list_conversations(&caller, query.read()?).await,
    };
    let query: ListConversationsQuery = query.read()?;
    let filters = conversations::resolve_filters(caller.store(), query.filter(), query.view_id).await?;
    let scope = cursor_scope(&caller, &filters, query.order);
    let after = match &query.cursor {
        None => None,
        Some(cursor) => {
            let [frontier, until] = scope.decode_ids(cursor)?;
            Some(Position { frontier, until: (query.order == Order::Asc).then_some(until) })
        }
    };
    let command = ListConversations { filters, order: query.order, after, limit: query.limit.0 };
    let ConversationList { conversations, next, names } = conversations::list(caller.store(), &command).await?;
    let next_cursor = next.map(|next| scope.encode_ids(&[next.frontier, next.until.unwrap_or(next.frontier)]));
    ok(
        None,
        &ConversationListResponse {
            object: ListTag,
            has_more: next_cursor.is_some(),
            next_cursor,
            conversations: conversations
                .iter()
                .map(|conversation| ConversationObject::new(conversation, &names))
                .collect(),
        },
    )
}

/// Binds cursors to the filters themselves, so that a cursor of a saved view becomes invalid when its filter is updated.
fn cursor_scope<S>(caller: &Caller<S>, filters: &[ConversationFilter], order: Order) -> CursorScope {
    let filters = serde_json::to_string(filters).unwrap_or_default();
    CursorScope::new(caller.store().workspace_id(), &["conversations", order.as_str(), &filters])
}
