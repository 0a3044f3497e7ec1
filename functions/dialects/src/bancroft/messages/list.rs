use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, InvalidRequest, Principal, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::{
    conversations,
    messages::{self, ThreadAt},
};
use deskless_domain::{ConversationId, Order, Total};
use http::StatusCode;

use crate::{
    bancroft::dto::{List, MessageObject, Viewer},
    numbers::{Size, Skip, offset, with_rest, with_total},
};

/// The part of a thread. Without these parameters, which the service does not document, all messages are listed.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListMessagesQuery {
    #[deserr(default)]
    limit: Option<Size<100, 500>>,
    #[deserr(default)]
    offset: Option<Skip>,
}

/// Lists all messages of a conversation, oldest first; to a customer, the replies of one of their own.
pub async fn list_messages(
    caller: Principal<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(query): ApiQuery<ListMessagesQuery>,
) -> Reply {
    let at = match (query.limit, query.offset) {
        (None, None) => None,
        (limit, skip) => Some(ThreadAt {
            conversation: id,
            order: Order::Asc,
            offset: offset("offset", skip.unwrap_or_default())?,
            limit: limit.unwrap_or_default().rows(),
        }),
    };
    let (conversation, messages, total, is_complete, viewer) = match caller {
        Principal::Server(caller) => {
            let store = caller.store();
            let conversation = conversations::get(store, id).await?.conversation;
            if let Some(at) = at {
                let page = messages::list_at(store, at).await?;
                (conversation, page.rows, page.total, true, Viewer::Server)
            } else {
                let thread = messages::all(store, id).await?;
                let most = if thread.is_complete { 0 } else { conversation.message_count };
                let total = Total::exact(most.max(thread.messages.len() as u64));
                (conversation, thread.messages, total, thread.is_complete, Viewer::Server)
            }
        }
        Principal::Customer(caller) => {
            let store = caller.store();
            let conversation = conversations::get_own(store, id).await?;
            if let Some(at) = at {
                let page = messages::list_own_at(store, at).await?;
                (conversation, page.rows, page.total, true, Viewer::Customer)
            } else {
                let thread = messages::all_own(store, id).await?;
                let read = thread.messages.len() as u64;
                // The number of messages also counts notes, so it is not shown.
                let total = Total { count: read, is_exact: thread.is_complete };
                (conversation, thread.messages, total, thread.is_complete, Viewer::Customer)
            }
        }
    };
    let customer = conversation.customer.details.email.as_ref();
    let results = messages.iter().map(|message| MessageObject::new(message, customer, viewer)).collect();
    let list = respond(StatusCode::OK, &List { count: total.count, results });
    with_rest(is_complete, with_total(total, list))
}
