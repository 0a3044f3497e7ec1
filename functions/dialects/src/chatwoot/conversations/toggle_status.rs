use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::{ConversationPatch, Precondition, Status, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::chatwoot::{
    blank::{Blank, Time},
    dto::status_of,
    find, id,
    path::OfConversation,
    query::shown,
    status::{StatusOf, end_of_snooze},
};

/// A status to set. Without one, an open conversation is resolved, and every other one is opened.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct ToggleStatus {
    #[deserr(default)]
    status: Blank<String>,
    #[deserr(default)]
    snoozed_until: Blank<Time>,
}

#[derive(Serialize)]
struct Toggled {
    meta: Map<String, Value>,
    payload: Payload,
}

#[derive(Serialize)]
struct Payload {
    success: bool,
    conversation_id: u64,
    current_status: &'static str,
    snoozed_until: Option<i64>,
}

/// Sets the status of a conversation.
pub async fn toggle_status(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    request: Idempotent<ToggleStatus>,
) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    let until = request.snoozed_until.0.map(|time| time.0);
    let (id, wanted) = if let Some(status) = &request.status.0 {
        (find::conversation_id(store, path.conversation).await?, StatusOf::parse(status, until)?)
    } else {
        let conversation = find::conversation(store, path.conversation).await?.conversation;
        let is_open = conversation.status == Status::Open && !conversation.is_snoozed(store.clock().now());
        (conversation.id, StatusOf::parse(if is_open { "resolved" } else { "open" }, None)?)
    };
    let changes = ConversationPatch {
        state: wanted.change(),
        snoozed_until: wanted.snoozed_until,
        ..ConversationPatch::default()
    };
    let updated = conversations::update_once(store, id, &changes, &Precondition::NONE, key.as_ref()).await?;
    let conversation = &updated.outcome.conversation;
    let now = store.clock().now();
    let payload = Payload {
        success: true,
        conversation_id: id::number(id),
        current_status: status_of(conversation, now),
        snoozed_until: end_of_snooze(conversation, now).map(Timestamp::as_seconds),
    };
    replayed(updated.is_replay, shown(&Toggled { meta: Map::new(), payload }))
}
