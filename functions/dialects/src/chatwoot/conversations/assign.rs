use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::{
    ConversationPatch, FieldChange, Member, MemberId, PlacementPatch, Precondition, Resource, Scope,
};
use serde_json::{Value, json};

use crate::chatwoot::{
    blank::{Blank, Unsupported},
    dto::AgentObject,
    find,
    id::{self, Wanted},
    path::{AccountId, OfConversation},
    query::{invalid, shown},
};

/// The agent to assign. None unassigns the conversation.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct Assign {
    #[deserr(default)]
    assignee_id: Blank<Wanted<MemberId>>,
    #[deserr(default)]
    team_id: Unsupported,
}

/// Assigns a conversation to an agent.
pub async fn assign(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    request: Idempotent<Assign>,
) -> Reply {
    let store = caller.store();
    let account = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    if request.team_id.0 {
        return Err(invalid("team_id", "must not be sent. Teams are not supported"));
    }
    let id = find::conversation_id(store, path.conversation).await?;
    let member = match request.assignee_id.0 {
        Some(wanted) if wanted != Wanted::Number(0) => Some(find::resource::<Member>(store, wanted).await?),
        _ => None,
    };
    let assignee_id = member.as_ref().map_or(FieldChange::Clear, |member| FieldChange::Set(member.id));
    let placement = PlacementPatch { assignee_id, ..PlacementPatch::default() };
    let changes = ConversationPatch { placement, ..ConversationPatch::default() };
    let updated = conversations::update_once(store, id, &changes, &Precondition::NONE, key.as_ref()).await?;
    let reply = match &member {
        Some(member) if caller.require(Scope::ReadWorkspace).is_ok() => shown(&AgentObject::new(member, &account)),
        Some(member) => shown(&named(member, &account)),
        None => shown(&Value::Null),
    };
    replayed(updated.is_replay, reply)
}

/// Returns an agent as conversations show it, without the email address, which only keys that read the workspace may see.
fn named(member: &Resource<Member>, account: &AccountId) -> Value {
    let name = member.fields.name.as_str();
    json!({ "id": id::number(member.id), "name": name, "available_name": name, "account_id": account })
}
