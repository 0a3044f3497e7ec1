use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, done, finish, scope::ReadReplies,
};
use deskless_domain::{ConversationId, PredefinedMessage, PredefinedMessageId, Scope};
use deskless_store::{Once, StoreError};
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
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
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
    let answer = |text: &String| done(None, &RenderPredefinedMessageResponse { text: text.clone() });
    let (request, repeat) = request.into_parts(&caller, &answer);
    let store = caller.store();
    if let Some(earlier) = store.replay(repeat.as_ref()).await? {
        return finish(Once::Replayed(earlier), answer);
    }
    let message = store.get_resource::<PredefinedMessage>(id).await?;
    let conversation = store.get_conversation(request.conversation_id).await.map_err(|error| match error {
        StoreError::NotFound => StoreError::NoSuchReference("conversationId"),
        other => other,
    })?;
    let text = store.render(&message.fields, &conversation).await?;
    finish(store.answer_once(text, repeat).await?, answer)
}
