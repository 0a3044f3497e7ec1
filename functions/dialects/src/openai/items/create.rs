use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{
    Caller, Idempotent, InvalidRequest, Json, Problem, Reply, dialect::respond, replayed, scope::WriteConversations,
};
use deskless_app::{AppError, Conflict, Once, messages};
use deskless_domain::{ExternalId, Message, MessageDraft};
use http::StatusCode;

use super::retried::{RetryCount, already_added};
use crate::openai::{
    id::Ids,
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
        && let Some(added) = already_added(caller.store(), conversation, &drafts).await?
    {
        return replayed(true, rendered(&added));
    }
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

fn taken(own: &[ExternalId]) -> Problem {
    let ids: Vec<_> = own.iter().map(ExternalId::as_str).collect();
    invalid::duplicate("items", &ids.join("' or '")).into()
}
