use deskless_api::{
    ApiPath, ApiQuery, IfNoneMatch, NoParameters, Party, Reply, not_modified, ok, scope::ReadConversations,
};
use deskless_domain::ConversationId;

use crate::{
    dto::ConversationResponse,
    own::{self, dto::EitherConversationResponse},
};

/// Retrieve a conversation
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: a JWT that names the customer"),
    ),
    responses(
        (status = 200, description = "The conversation", body = EitherConversationResponse, headers(
            ("ETag" = String, description = "Its version"),
        )),
    ),
)]
pub async fn get_conversation(
    caller: Party<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    known: IfNoneMatch,
) -> Reply {
    let caller = match caller {
        Party::Server(caller) => caller,
        Party::Customer(caller) => return own::get::get_conversation(&caller, id, &known).await,
    };
    let conversation = caller.store().get_conversation(id).await?;
    if known.holds(conversation.version) {
        return Ok(not_modified(conversation.version));
    }
    ok(Some(conversation.version), &ConversationResponse::from(&conversation))
}
