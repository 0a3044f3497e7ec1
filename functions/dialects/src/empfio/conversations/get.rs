use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::{conversations, messages};
use deskless_domain::ConversationId;
use http::StatusCode;

use crate::{empfio::dto::ConversationWithMessages, numbers::with_rest};

/// Returns a conversation and all its messages, oldest first.
pub async fn get_conversation(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let view = conversations::get(caller.store(), id).await?;
    let thread = messages::all(caller.store(), id).await?;
    let object = ConversationWithMessages::new(&view.conversation, &thread.messages);
    with_rest(thread.is_complete, respond(StatusCode::OK, &object))
}
