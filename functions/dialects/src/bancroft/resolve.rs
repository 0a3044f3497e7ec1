use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{ConversationId, Precondition, Resolution};
use http::StatusCode;

use super::dto::{ConversationObject, Viewer};

/// The body of a resolution, which has no fields.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ResolveRequest {}

/// Closes a conversation.
pub async fn resolve_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<Option<ResolveRequest>>,
) -> Reply {
    let (_, key) = request.into_parts(&caller);
    let closed = Some(Resolution::Closed);
    let resolved = conversations::resolve(caller.store(), id, closed, &Precondition::NONE, key.as_ref()).await?;
    let object = ConversationObject::new(&resolved.outcome.conversation, Viewer::Server);
    replayed(resolved.is_replay, respond(StatusCode::OK, &object))
}
