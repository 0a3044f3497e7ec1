use deskless_api::{
    CursorScope, CustomerCaller, Reply, ok,
    wire::{ListTag, OwnMessageObject},
};
use deskless_domain::ConversationId;
use deskless_store::Thread;
use serde::Serialize;
use utoipa::ToSchema;

use crate::list::ListMessagesQuery;

/// A page of a thread, as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerViewMessageListResponse)]
pub struct OwnMessageListResponse {
    object: ListTag,
    /// Whether there is more already.
    has_more: bool,
    /// What to send as `cursor` to go on. Never null.
    next_cursor: String,
    messages: Vec<OwnMessageObject>,
}

/// Lists the replies of a conversation of the customer's.
pub async fn list_messages(caller: &CustomerCaller, conversation: ConversationId, query: &ListMessagesQuery) -> Reply {
    let id = conversation.to_string();
    let scope = CursorScope::new(caller.store().workspace_id(), &["own messages", &id, query.order.as_str()]);
    let after = query.cursor.as_deref().map(|cursor| scope.decode_ids(cursor)).transpose()?.map(|[place]| place);
    let thread = Thread { conversation, order: query.order, after, limit: query.limit.0 };
    let page = caller.store().list_messages(thread).await?;
    ok(
        None,
        &OwnMessageListResponse {
            object: ListTag,
            has_more: page.has_more,
            next_cursor: scope.encode_ids(&[page.next]),
            messages: page.messages.iter().map(OwnMessageObject::from).collect(),
        },
    )
}
