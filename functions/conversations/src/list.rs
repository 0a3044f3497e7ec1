use deskless_api::{
    ApiQuery, Limit, Principal, RawBody, Reply, ok, scope::ReadConversations, wire::ListTag, with_filters,
};
use deskless_app::conversations::{self, ConversationList, ListConversations};
use deskless_domain::{ConversationSort, Order, Timestamp, ViewId};

use crate::{
    cursors::{ListCursors, ListOrder, RequestedOrder},
    customer_view,
    dto::{ConversationListResponse, ConversationObject},
};

with_filters! {
    booleans as deskless_api::wire::Flag;
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
        /// `activity`: the time of the newest reply or of creation. The default is `createdAt` with `createdBefore`, and
        /// `activity` without.
        #[deserr(default)]
        #[param(inline)]
        sort: Option<ConversationSort>,
        /// `desc` for newest first (the default), `asc` for oldest first.
        #[deserr(default)]
        #[param(inline)]
        order: Option<Order>,
        /// Only conversations that were updated after this time, within the last 30 days, in the order of their changes. Cannot
        /// be combined with `sort` and `order`.
        #[deserr(default)]
        #[param(value_type = Option<String>, format = DateTime)]
        #[schema(value_type = Option<String>, format = DateTime)]
        updated_after: Option<Timestamp>,
        /// Only conversations in this saved view. Combines with the other filters.
        #[deserr(default)]
        #[param(value_type = Option<String>, format = "uuid")]
        view_id: Option<ViewId>,
    }
}

/// List conversations
///
/// Lists conversations by activity or creation. With `updatedAfter`, lists what has changed, 20 seconds after the change, and
/// `nextCursor` is always set.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    tag = "Conversations",
    params(
        ListConversationsQuery,
    ),
    responses((status = 200, description = "A page of conversations", body = ConversationListResponse)),
)]
pub async fn list_conversations(caller: Principal<ReadConversations>, query: ApiQuery<RawBody>) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => return customer_view::list::list_conversations(&caller, query.read()?).await,
    };
    let query: ListConversationsQuery = query.read()?;
    let filters = conversations::resolve_filters(caller.store(), query.filter(), query.view_id).await?;
    let now = caller.store().clock().now();
    let order = ListOrder::of(
        &RequestedOrder {
            sort: query.sort,
            order: query.order,
            updated_after: query.updated_after,
            created_before: query.created_before.0.map(|bound| bound.0),
            has_cursor: query.cursor.is_some(),
        },
        now,
    )?;
    let cursors = ListCursors::new(caller.store().workspace_id(), &filters, order);
    let walk = cursors.walk(query.cursor.as_deref(), now)?;
    let command = ListConversations { filters, walk, limit: query.limit.0 };
    let ConversationList { conversations, next, has_more, names } =
        conversations::list(caller.store(), &command).await?;
    ok(
        None,
        &ConversationListResponse {
            object: ListTag,
            has_more,
            next_cursor: next.map(|next| cursors.encode(next)),
            conversations: conversations
                .iter()
                .map(|conversation| ConversationObject::new(conversation, &names))
                .collect(),
        },
    )
}
