use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Problem, Reply, replayed,
    scope::WriteConversations,
};
use deskless_app::{conversations, messages};
use deskless_domain::{
    Conversation, ConversationId, ConversationPatch, FieldChange, MemberId, MessageType, PlacementPatch, Resolved,
    Role, Status, StatusChange, Timestamp,
};
use serde_json::Value;

use super::{message, parse_html, reply_with};
use crate::intercom::{
    admins::author,
    error::{NO_ADMIN, not_found},
    shape::part::BodyFormat,
    values::{Id, Seconds, invalid, missing},
};

/// A change of the state or the assignee.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct ManageRequest {
    message_type: String,
    #[deserr(rename = "type", default)]
    kind: Option<String>,
    admin_id: Id,
    #[deserr(default)]
    assignee_id: Option<Id>,
    #[deserr(default)]
    snoozed_until: Option<Seconds>,
    #[deserr(default)]
    body: Option<String>,
}

/// What a request changes.
#[derive(Debug, Clone, Copy)]
enum Change {
    Close,
    Open,
    Snooze(Timestamp),
    Assign(Option<MemberId>),
}

impl ManageRequest {
    fn change(&self) -> Result<Change, Problem> {
        match self.message_type.as_str() {
            "close" => Ok(Change::Close),
            "open" => Ok(Change::Open),
            "snoozed" => {
                let until = self.snoozed_until.ok_or_else(|| missing("snoozed_until"))?;
                Ok(Change::Snooze(until.time()))
            }
            "assignment" => self.assignment(),
            _ => Err(invalid("message_type", "must be close, open, snoozed or assignment")),
        }
    }

    /// There are no teams. `0` unassigns.
    fn assignment(&self) -> Result<Change, Problem> {
        let assignee = &self.assignee_id.as_ref().ok_or_else(|| missing("assignee_id"))?.0;
        match self.kind.as_deref() {
            Some("admin") if assignee == "0" => Ok(Change::Assign(None)),
            Some("admin") => {
                let member = MemberId::parse(assignee).ok_or_else(|| not_found(NO_ADMIN))?;
                Ok(Change::Assign(Some(member)))
            }
            Some("team") => Err(invalid("type", "must be admin: there are no teams")),
            Some(_) => Err(invalid("type", "must be admin")),
            None => Err(missing("type")),
        }
    }
}

impl Change {
    /// The type of the part that has the body of the request.
    fn part(self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Close => vec![("part_type", "close".into())],
            Self::Open => vec![("part_type", "open".into())],
            Self::Snooze(_) => vec![("part_type", "snoozed".into())],
            Self::Assign(member) => vec![
                ("part_type", "assignment".into()),
                ("assigned_to", member.map_or(Value::Null, |member| member.to_string().into())),
            ],
        }
    }

    fn patch(self, conversation: &Conversation) -> ConversationPatch {
        let none = ConversationPatch::default();
        let open = StatusChange::Status(Resolved::No(Status::Open));
        let end_of_snooze = match conversation.snoozed_until {
            Some(_) => FieldChange::Clear,
            None => FieldChange::Keep,
        };
        match self {
            Self::Close if conversation.status == Status::Solved && conversation.snoozed_until.is_none() => none,
            Self::Close => ConversationPatch {
                state: StatusChange::Status(Resolved::Yes(None)),
                snoozed_until: end_of_snooze,
                ..none
            },
            Self::Open if conversation.status == Status::Open && conversation.snoozed_until.is_none() => none,
            Self::Open => ConversationPatch { state: open, snoozed_until: end_of_snooze, ..none },
            Self::Snooze(until) => ConversationPatch {
                state: if conversation.status == Status::Solved { open } else { StatusChange::Keep },
                snoozed_until: FieldChange::Set(until),
                ..none
            },
            Self::Assign(member) if conversation.placement.assignee_id == member => none,
            Self::Assign(member) => {
                let assignee_id = member.map_or(FieldChange::Clear, FieldChange::Set);
                ConversationPatch { placement: PlacementPatch { assignee_id, ..PlacementPatch::default() }, ..none }
            }
        }
    }
}

/// Close, open, snooze or assign a conversation. A body becomes a reply of the admin, before the change.
pub async fn manage_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<ManageRequest>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    let change = request.change()?;
    let body = request.body.as_deref().filter(|body| !body.is_empty());
    if body.is_some() && matches!(change, Change::Open | Change::Snooze(_)) {
        return Err(invalid("body", "can be sent only with close and assignment. Send a reply first"));
    }
    let (_, sender) = author(store, &request.admin_id).await?;
    if let Change::Assign(Some(member)) = change {
        // Before the reply is written.
        author(store, &Id(member.to_string())).await?;
    }
    if let Some(body) = body {
        let reply = message((Role::Assistant, MessageType::Reply), parse_html(body)?, Some(sender), &change.part())?;
        let key = key.as_ref().map(|key| key.of_step("reply"));
        messages::create(store, id, reply, key.as_ref()).await?;
    }
    let now = store.clock().now();
    let patch = |conversation: &Conversation| match change {
        Change::Snooze(until) if until <= now => Err(invalid("snoozed_until", "must be in the future")),
        change => Ok(change.patch(conversation)),
    };
    let written = conversations::edit(store, id, patch, key.as_ref()).await?;
    replayed(written.is_replay, reply_with(store, id, BodyFormat::Html).await)
}
