use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::conversations;
use deskless_domain::ConversationId;
use http::StatusCode;

use super::dto::{ConversationObject, Success};

/// Returns a conversation with its customer and its assigned user.
pub async fn get_conversation(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let view = conversations::get(caller.store(), id).await?;
    respond(StatusCode::OK, &Success::new(ConversationObject::from(&view)))
}
