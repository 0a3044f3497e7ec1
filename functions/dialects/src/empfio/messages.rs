use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::messages::{self, ThreadAt};
use deskless_domain::{ConversationId, Order};
use http::StatusCode;

use super::dto::MessageObject;
use crate::numbers::{Size, Skip, offset};

/// The part of the thread.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListMessagesQuery {
    #[deserr(default)]
    limit: Size<100, 500>,
    #[deserr(default)]
    offset: Skip,
}

/// Lists messages of a conversation, oldest first, as an array.
pub async fn list_messages(
    caller: Caller<ReadConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(query): ApiQuery<ListMessagesQuery>,
) -> Reply {
    let offset = offset("offset", query.offset)?;
    let thread = ThreadAt { conversation, order: Order::Asc, offset, limit: query.limit.rows() };
    let page = messages::list_at(caller.store(), thread).await?;
    respond(StatusCode::OK, &page.rows.iter().map(MessageObject::from).collect::<Vec<_>>())
}
