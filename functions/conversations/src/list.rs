use deskless_api::{
    ApiQuery, Caller, CursorScope, Limit, Principal, Reply, Unread, ok, references::names, scope::ReadConversations,
    wire::ListTag, with_filters,
};
use deskless_domain::{ConversationFilter, Order, ViewId};
use deskless_store::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    dto::ConversationObject,
    own::{self, dto::EitherConversationListResponse},
};

with_filters! {
    /// Which conversations, how many, and in which direction. All filters that are given must hold.
    pub struct ListConversationsQuery {
        /// How many at the most.
        #[deserr(default)]
        #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
        #[schema(value_type = Option<u8>)]
        limit: Limit<20, 100>,
        /// Where the page before said to go on.
        #[deserr(default)]
        cursor: Option<String>,
        /// Newest activity first, unless it is turned round.
        #[deserr(default = Order::Desc)]
        #[param(inline, value_type = Option<Order>)]
        order: Order,
        /// Only those in this saved view, besides all other filters.
        #[deserr(default)]
        #[param(value_type = Option<String>, format = "uuid")]
        view_id: Option<ViewId>,
    }
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationListResponse {
    object: ListTag,
    /// Whether there may be more.
    has_more: bool,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    conversations: Vec<ConversationObject>,
}

/// List conversations
///
/// By newest activity: the last reply, else the creation. A page may be short, even empty, and still say `hasMore`.
#[utoipa::path(
    get,
    path = "/api/v1/conversations",
    tag = "Conversations",
    params(
        ListConversationsQuery,
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    responses((status = 200, description = "A page of conversations", body = EitherConversationListResponse)),
)]
pub async fn list_conversations(caller: Principal<ReadConversations>, query: ApiQuery<Unread>) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => return own::list::list_conversations(&caller, query.read()?).await,
    };
    let query: ListConversationsQuery = query.read()?;
    let mut filters = vec![query.filter()];
    if let Some(view) = query.view_id {
        filters.push(caller.store().view_filter(view).await?);
    }
    let scope = cursor_scope(&caller, &filters, query.order);
    let after = match &query.cursor {
        None => None,
        Some(cursor) => {
            let [frontier, until] = scope.decode_ids(cursor)?;
            Some(Position { frontier, until: (query.order == Order::Asc).then_some(until) })
        }
    };
    let page = caller.store().list_conversations(&filters, query.order, after, query.limit.0).await?;
    let names = names(caller.store(), page.conversations.iter().map(|conversation| &conversation.placement)).await?;
    let next_cursor = page.next.map(|next| scope.encode_ids(&[next.frontier, next.until.unwrap_or(next.frontier)]));
    ok(
        None,
        &ConversationListResponse {
            object: ListTag,
            has_more: next_cursor.is_some(),
            next_cursor,
            conversations: page.conversations.iter().map(|one| ConversationObject::new(one, &names)).collect(),
        },
    )
}

/// Binds cursors to the filters themselves, so that a cursor of a saved view becomes invalid when its filter is updated.
fn cursor_scope<S>(caller: &Caller<S>, filters: &[ConversationFilter], order: Order) -> CursorScope {
    let filters = serde_json::to_string(filters).unwrap_or_default();
    CursorScope::new(caller.store().workspace_id(), &["conversations", order.as_str(), &filters])
}
