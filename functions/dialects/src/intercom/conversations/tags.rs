use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Problem, Reply, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::{IdempotencyKey, TenantStore, conversations, conversations::ConversationView};
use deskless_domain::{Conversation, ConversationId, ConversationPatch, Tag, Tags};
use http::StatusCode;
use serde_json::{Value, json};

use crate::intercom::{
    admins::author,
    error::{NO_TAG, not_found},
    values::{Id, TagIds, invalid},
};

/// The tag to attach, and the admin who does.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct TagRequest {
    id: Id,
    admin_id: Id,
}

fn shape(ids: &TagIds, tag: &Tag, conversation: &Conversation, admin: Option<&str>) -> Value {
    json!({
        "type": "tag",
        "id": ids.id(tag),
        "name": tag.as_str(),
        "applied_at": conversation.updated_at.as_seconds(),
        "applied_by": admin.map(|id| json!({ "type": "admin", "id": id })),
    })
}

/// Attach a tag to a conversation.
pub async fn tag_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<TagRequest>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    let ids = TagIds::new(store.workspace_id());
    let tag = ids.tag(&request.id.0).ok_or_else(|| not_found(NO_TAG))?;
    let (admin, _) = author(store, &request.admin_id).await?;
    let with_tag = |mut tags: Vec<Tag>| {
        tags.push(tag.clone());
        tags
    };
    let written = change(store, id, with_tag, key.as_ref()).await?;
    let body = shape(&ids, &tag, &written.outcome.conversation, Some(&admin.to_string()));
    replayed(written.is_replay, respond(StatusCode::OK, &body))
}

/// Detach a tag from a conversation.
pub async fn untag_conversation(
    caller: Caller<WriteConversations>,
    ApiPath((id, tag)): ApiPath<(ConversationId, String)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let store = caller.store();
    let ids = TagIds::new(store.workspace_id());
    let tag = ids.tag(&tag).ok_or_else(|| not_found(NO_TAG))?;
    let without = |tags: Vec<Tag>| tags.into_iter().filter(|name| *name != tag).collect();
    let written = change(store, id, without, None).await?;
    respond(StatusCode::OK, &shape(&ids, &tag, &written.outcome.conversation, None))
}

async fn change(
    store: &TenantStore,
    id: ConversationId,
    next: impl Fn(Vec<Tag>) -> Vec<Tag>,
    key: Option<&IdempotencyKey>,
) -> Result<deskless_app::Once<ConversationView>, Problem> {
    let patch = |conversation: &Conversation| -> Result<ConversationPatch, Problem> {
        let tags = Tags::parse(next(conversation.tags.as_slice().to_vec()));
        let tags = tags.map_err(|error| invalid("id", error.message))?;
        let tags = (tags != conversation.tags).then_some(tags);
        Ok(ConversationPatch { tags, ..ConversationPatch::default() })
    };
    conversations::edit(store, id, patch, key).await
}
