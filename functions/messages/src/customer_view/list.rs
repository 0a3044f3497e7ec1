use deskless_api::{
    CursorScope, CustomerCaller, Reply, ok,
    wire::{CustomerMessageObject, ListTag},
};
use deskless_app::messages::{self, Thread};
use deskless_domain::ConversationId;

use super::dto::CustomerMessageListResponse;
use crate::dto::ListMessagesQuery;

/// List messages
///
/// Lists the replies of one of the customer's conversations in the order in which they were committed. `nextCursor` is never
/// `null`: use it later to get only the messages that were added since.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ListMessagesQuery,
    ),
    responses((status = 200, description = "A page of messages", body = CustomerMessageListResponse)),
)]
pub async fn list_messages(caller: &CustomerCaller, conversation: ConversationId, query: &ListMessagesQuery) -> Reply {
    let id = conversation.to_string();
    let scope = CursorScope::new(caller.store().workspace_id(), &["own messages", &id, query.order.as_str()]);
    let after = query.cursor.as_deref().map(|cursor| scope.decode_ids(cursor)).transpose()?.map(|[position]| position);
    let thread = Thread { conversation, order: query.order, after, limit: query.limit.0 };
    let page = messages::list_own(caller.store(), thread).await?;
    ok(
        None,
        &CustomerMessageListResponse {
            object: ListTag,
            has_more: page.has_more,
            next_cursor: scope.encode_ids(&[page.next]),
            messages: page.messages.iter().map(CustomerMessageObject::from).collect(),
        },
    )
}
