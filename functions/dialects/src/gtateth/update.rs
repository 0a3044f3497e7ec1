use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, InvalidRequest, NoParameters, Optional, Patch, Reply, dialect::respond,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{
    ConversationId, ConversationPatch, MemberId, PlacementPatch, Precondition, Resolution, Resolved, StatusChange,
    Subject,
};
use http::StatusCode;

use super::{
    dto::{ConversationObject, Success},
    values::{RequestedPriority, Status},
};

/// The fields to update. The others stay, although the method is PUT.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct UpdateRequest {
    #[deserr(default)]
    subject: Optional<Subject>,
    #[deserr(default)]
    status: Optional<Status>,
    #[deserr(default)]
    priority: Optional<RequestedPriority>,
    #[deserr(default)]
    assigned_to: Optional<Option<MemberId>>,
}

/// Updates a conversation.
pub async fn update_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateRequest>>,
) -> Reply {
    let store = caller.store();
    let state = match request.status.0 {
        None => StatusChange::Keep,
        Some(Status::Closed) => {
            // A conversation that is solved stays as it was resolved: it is closed already.
            let is_closed = conversations::get(store, id).await?.conversation.resolution.is_some();
            if is_closed { StatusChange::Keep } else { StatusChange::Status(Resolved::Yes(Some(Resolution::Closed))) }
        }
        Some(status) => StatusChange::Status(Resolved::No(status.into())),
    };
    let priority = request.priority.0.map(RequestedPriority::label).transpose();
    let patch = ConversationPatch {
        state,
        subject: request.subject.0,
        priority: priority.map_err(|invalid| InvalidRequest::one("priority", &invalid))?,
        placement: PlacementPatch { assignee_id: request.assigned_to.change(), ..PlacementPatch::default() },
        ..ConversationPatch::default()
    };
    let view = conversations::update(store, id, patch, &Precondition::NONE).await?;
    respond(StatusCode::OK, &Success::new(ConversationObject::from(&view)))
}
