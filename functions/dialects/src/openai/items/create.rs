use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{
    Caller, Idempotent, InvalidRequest, Json, Problem, Reply, dialect::respond, replayed, scope::WriteConversations,
};
use deskless_app::{AppError, Conflict, Once, TenantStore, messages};
use deskless_domain::{ConversationId, ExternalId, Message, MessageDraft};
use http::StatusCode;

use super::retried::{RetryCount, already_added};
use crate::openai::{
    id::{self, Ids},
    invalid, item,
    object::{self, List},
    query::IncludeQuery,
};

/// Items to add.
#[derive(Debug)]
pub struct CreateItems(Vec<MessageDraft>);

impl Deserr<InvalidRequest> for CreateItems {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, _: ValuePointerRef<'_>) -> Result<Self, InvalidRequest> {
        let Json::Object(mut body) = Json::from(value) else {
            return Err(invalid::value("body", "Expected an object."));
        };
        let items = item::take(&mut body)?;
        match (body.keys().next(), items) {
            (Some(name), _) => Err(invalid::unknown(name)),
            (None, None) => Err(invalid::missing("items")),
            (None, Some(items)) if items.is_empty() => Err(invalid::empty_array("items")),
            (None, Some(items)) => Ok(Self(items)),
        }
    }
}

/// Adds items to a conversation in their order, all or none.
pub async fn create(
    caller: Caller<WriteConversations>,
    ids: Ids,
    _: IncludeQuery,
    retry: RetryCount,
    request: Idempotent<CreateItems>,
) -> Reply {
    let (CreateItems(drafts), key) = request.into_parts(&caller);
    let conversation = ids.conversation;
    let own: Vec<_> = drafts.iter().filter_map(|draft| draft.external_id.clone()).collect();
    if key.is_none()
        && retry.is_retry()
        && let Some(added) = already_added(caller.store(), conversation, &drafts, &retry).await?
    {
        return replayed(true, rendered(&added));
    }
    refuse_given(caller.store(), conversation, &drafts).await?;
    match messages::create_many(caller.store(), conversation, drafts, key.as_ref()).await {
        Ok(Once { outcome, is_replay }) => replayed(is_replay, rendered(&outcome)),
        Err(AppError::NotFound) => Err(ids.no_conversation()),
        Err(AppError::Conflict(Conflict::MessageIdTaken(_))) => Err(taken(&own)),
        Err(error) => Err(error.into()),
    }
}

fn rendered(messages: &[Message]) -> Reply {
    let items: Vec<_> =
        messages.iter().filter_map(|message| object::item(message).transpose()).collect::<Result<_, _>>()?;
    respond(StatusCode::OK, &List::new(items, false, None))
}

/// Refuses an own id that this dialect has given to another item of the conversation: both would have it.
async fn refuse_given(
    store: &TenantStore,
    conversation: ConversationId,
    drafts: &[MessageDraft],
) -> Result<(), Problem> {
    for (i, own) in drafts.iter().enumerate().filter_map(|(i, draft)| Some((i, draft.external_id.as_ref()?.as_str()))) {
        let Some(id) = id::message(own) else { continue };
        let item = match messages::get(store, conversation, id).await {
            Ok(message) => object::item(&message)?,
            Err(AppError::NotFound) => None,
            Err(error) => return Err(error.into()),
        };
        if item.is_some_and(|item| item.id == own) {
            return Err(invalid::duplicate(&format!("items[{i}].id"), own).into());
        }
    }
    Ok(())
}

fn taken(own: &[ExternalId]) -> Problem {
    let ids: Vec<_> = own.iter().map(ExternalId::as_str).collect();
    invalid::duplicate("items", &ids.join("' or '")).into()
}
