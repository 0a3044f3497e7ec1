use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, CursorScope, InvalidRequest, Limit, Principal, Reply, ok,
    scope::ReadConversations,
    wire::{ListTag, MessageObject},
};
use deskless_domain::{ConversationId, Order};
use deskless_store::Thread;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::own::{self, dto::EitherMessageListResponse};

/// How many messages, and in which direction.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListMessagesQuery {
    /// How many at the most.
    #[deserr(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: Limit<100, 500>,
    /// Where the page before said to go on.
    #[deserr(default)]
    pub(crate) cursor: Option<String>,
    /// Oldest first, unless it is turned round.
    #[deserr(default = Order::Asc)]
    #[param(inline, value_type = Option<Order>)]
    pub(crate) order: Order,
}

/// A page of a thread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageListResponse {
    object: ListTag,
    /// Whether there is more already.
    has_more: bool,
    /// What to send as `cursor` to go on. Never null: whoever keeps asking misses nothing that comes later.
    next_cursor: String,
    messages: Vec<MessageObject>,
}

/// List messages
///
/// Oldest first, in the order in which they were committed.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ListMessagesQuery,
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    responses((status = 200, description = "A page of the thread", body = EitherMessageListResponse)),
)]
pub async fn list_messages(
    caller: Principal<ReadConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(query): ApiQuery<ListMessagesQuery>,
) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => return own::list::list_messages(&caller, conversation, &query).await,
    };
    let scope = CursorScope::messages(caller.store().workspace_id(), conversation, query.order);
    let after = query.cursor.as_deref().map(|cursor| scope.decode_ids(cursor)).transpose()?.map(|[place]| place);
    let thread = Thread { conversation, order: query.order, after, limit: query.limit.0 };
    let page = caller.store().list_messages(thread).await?;
    ok(
        None,
        &MessageListResponse {
            object: ListTag,
            has_more: page.has_more,
            next_cursor: scope.encode_ids(&[page.next]),
            messages: page.messages.iter().map(MessageObject::from).collect(),
        },
    )
}
