use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, InvalidRequest, NoParameters, Optional, Patch, Reply, dialect::respond,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{ConversationId, Precondition};
use http::StatusCode;

use crate::empfio::{dto::ConversationObject, values::Status};

/// The fields to update.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct UpdateRequest {
    #[deserr(default)]
    status: Optional<Status>,
}

/// Updates the status of a conversation.
pub async fn update_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateRequest>>,
) -> Reply {
    let store = caller.store();
    let mut view = conversations::get(store, id).await?;
    let patch = request.status.0.map(|status| status.patch(&view.conversation)).unwrap_or_default();
    if !patch.is_empty() {
        view = conversations::update(store, id, patch, &Precondition::NONE).await?;
    }
    respond(StatusCode::OK, &ConversationObject::from(&view.conversation))
}
