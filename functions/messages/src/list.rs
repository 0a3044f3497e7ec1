use deskless_api::{
    ApiPath, ApiQuery, CursorScope, Principal, Reply, ok,
    scope::ReadConversations,
    wire::{ListTag, MessageObject},
};
use deskless_app::messages::{self, Thread};
use deskless_domain::ConversationId;

use crate::{
    customer_view,
    dto::{ListMessagesQuery, MessageListResponse},
};

/// List messages
///
/// Lists replies and notes in the order in which they were committed.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ListMessagesQuery,
    ),
    responses((status = 200, description = "A page of messages", body = MessageListResponse)),
)]
pub async fn list_messages(
    caller: Principal<ReadConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(query): ApiQuery<ListMessagesQuery>,
) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => return customer_view::list::list_messages(&caller, conversation, &query).await,
    };
    let scope = CursorScope::messages(caller.store().workspace_id(), conversation, query.order);
    let after = query.cursor.as_deref().map(|cursor| scope.decode_ids(cursor)).transpose()?.map(|[position]| position);
    let thread = Thread { conversation, order: query.order, after, limit: query.limit.0 };
    let page = messages::list(caller.store(), thread).await?;
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
