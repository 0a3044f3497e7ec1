use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, InvalidRequest, NoParameters, Reply, dialect::respond,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{ConversationId, DeletionReason, Precondition};
use http::StatusCode;

use super::dto::SuccessMessage;

/// The reason for a deletion.
#[derive(Debug, Default, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct DeleteRequest {
    #[deserr(default)]
    reason: Option<DeletionReason>,
}

/// Deletes a conversation with its messages. It cannot be undone.
pub async fn delete_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    ApiJson(request): ApiJson<Option<DeleteRequest>>,
) -> Reply {
    let reason = request.unwrap_or_default().reason;
    conversations::delete(caller.store(), id, reason.as_ref(), &Precondition::NONE).await?;
    respond(StatusCode::OK, &SuccessMessage::new("Conversation deleted successfully"))
}
