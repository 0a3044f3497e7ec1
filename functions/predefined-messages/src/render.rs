use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, ok, replayed, scope::ReadReplies,
};
use deskless_app::predefined_messages;
use deskless_domain::{ConversationId, PredefinedMessageId, Scope};
use serde::Serialize;
use utoipa::ToSchema;

/// For which conversation.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct RenderPredefinedMessageRequest {
    #[schema(value_type = String, format = "uuid")]
    conversation_id: ConversationId,
}

/// What it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct RenderPredefinedMessageResponse {
    /// The content with the variables filled in. What a conversation does not have is empty, so this may be empty, and it
    /// may be longer than a message's body.
    text: String,
}

/// Fill a predefined message in
///
/// The text that it makes for a conversation; nothing is sent and nothing is stored. The key needs `read:conversations` too.
/// What is filled in is taken as it is: a customer who is called `{{customer.email}}` is not filled in again.
#[utoipa::path(
    post,
    path = "/api/v1/predefined-messages/{predefinedMessageId}/render",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "Its id")),
    request_body = RenderPredefinedMessageRequest,
    responses(
        (status = 200, description = "The text", body = RenderPredefinedMessageResponse, headers(
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn render_predefined_message(
    caller: Caller<ReadReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RenderPredefinedMessageRequest>,
) -> Reply {
    caller.require(Scope::ReadConversations)?;
    let (request, key) = request.into_parts(&caller);
    let rendered = predefined_messages::render(caller.store(), id, request.conversation_id, key.as_ref()).await?;
    replayed(rendered.is_replay, ok(None, &RenderPredefinedMessageResponse { text: rendered.outcome }))
}
