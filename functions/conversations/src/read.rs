use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, IfMatch, InvalidRequest, NoParameters, Optional, Reply, ok, replayed,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{ConversationId, MessageId};
use utoipa::ToSchema;

use crate::dto::ConversationResponse;

/// The message up to which a conversation was read.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct ReadConversationRequest {
    /// The last message that was read. The default is the newest one.
    #[deserr(default)]
    #[schema(value_type = Option<MessageId>)]
    up_to: Optional<MessageId>,
}

/// Mark a conversation as read
///
/// Marks messages as read up to `upTo`, and sets `unreadCount` to the number of customer replies after it. The mark never moves
/// backwards. Automations are not triggered.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/read",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = Option<ReadConversationRequest>,
    responses(
        (status = 200, description = "The updated conversation", body = ConversationResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn read_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    request: Idempotent<Option<ReadConversationRequest>>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let up_to = request.unwrap_or_default().up_to.0;
    let read = conversations::mark_as_read(caller.store(), id, up_to, &precondition, key.as_ref()).await?;
    let version = read.outcome.conversation.version;
    replayed(read.is_replay, ok(version, &ConversationResponse::from(&read.outcome)))
}
