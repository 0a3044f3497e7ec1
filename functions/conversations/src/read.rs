use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, IfMatch, InvalidRequest, NoParameters, Reply, done, finish,
    references::all_names, scope::WriteConversations,
};
use deskless_domain::{Conversation, ConversationId, MessageId};
use utoipa::ToSchema;

use crate::dto::ConversationResponse;

/// How far somebody has read.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct ReadConversationRequest {
    /// The last message that was read; all of them if it is left out.
    #[deserr(default)]
    up_to: Option<MessageId>,
}

/// Mark a conversation as read
///
/// `unreadCount` is then what the customer said behind that message. The mark never moves backwards.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/read",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = Option<ReadConversationRequest>,
    responses(
        (status = 200, description = "The conversation as it is now", body = ConversationResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
    ),
)]
pub async fn read_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    request: Idempotent<Option<ReadConversationRequest>>,
) -> Reply {
    let names = all_names(caller.store()).await?;
    let answer =
        |conversation: &Conversation| done(conversation.version, &ConversationResponse::new(conversation, &names));
    let (request, repeat) = request.into_parts(&caller, &answer);
    let outcome = caller.store().mark_read(id, request.unwrap_or_default().up_to, expected, repeat).await?;
    finish(outcome, answer)
}
