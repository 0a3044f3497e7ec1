use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, ok, replayed, scope::ReadReplies,
};
use deskless_app::predefined_messages;
use deskless_domain::{ConversationId, PredefinedMessageId, Rendered, Scope, TemplateVariable};
use serde::Serialize;
use utoipa::ToSchema;

/// The conversation from which variables are filled in.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct RenderPredefinedMessageRequest {
    /// The conversation.
    #[schema(value_type = String, format = "uuid")]
    conversation_id: ConversationId,
}

/// The rendered text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RenderedPredefinedMessageResponse)]
pub struct RenderPredefinedMessageResponse {
    /// The text with its variables filled in. It can be empty, or longer than a message.
    text: String,
    /// The variables that have neither a value in this conversation nor a fallback. With any, sending the predefined message
    /// returns 400.
    missing_variables: Vec<TemplateVariable>,
}

/// Render a predefined message
///
/// Returns the text with its variables filled in from a conversation. Nothing is sent or stored. Your key also needs the scope
/// `read:conversations`.
#[utoipa::path(
    post,
    path = "/api/v1/predefined-messages/{predefinedMessageId}/render",
    tag = "Predefined messages",
    params(("predefinedMessageId" = String, Path, format = "uuid", description = "The predefined message's id")),
    request_body = RenderPredefinedMessageRequest,
    responses(
        (status = 200, description = "The rendered text", body = RenderPredefinedMessageResponse, headers(
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
    let Rendered { text, missing } = rendered.outcome;
    replayed(rendered.is_replay, ok(None, &RenderPredefinedMessageResponse { text, missing_variables: missing }))
}
