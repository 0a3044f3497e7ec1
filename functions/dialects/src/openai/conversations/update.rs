use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{
    Caller, Code, Idempotent, InvalidRequest, Json, Problem, Reply, dialect::respond, replayed,
    scope::WriteConversations,
};
use deskless_app::{AppError, conversations};
use deskless_domain::{ConversationPatch, Precondition};
use http::StatusCode;

use super::retrieve::read;
use crate::openai::{
    id::Ids,
    invalid,
    metadata::{self, Pairs},
    object,
    query::NoQuery,
};

/// How often an update is tried while others change the conversation.
const ATTEMPTS: usize = 10;

/// New metadata.
#[derive(Debug)]
pub struct UpdateConversation(Pairs);

impl Deserr<InvalidRequest> for UpdateConversation {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, _: ValuePointerRef<'_>) -> Result<Self, InvalidRequest> {
        let Json::Object(mut body) = Json::from(value) else {
            return Err(invalid::value("body", "Expected an object."));
        };
        let metadata = metadata::take(&mut body)?;
        match (body.keys().next(), metadata) {
            (Some(name), _) => Err(invalid::unknown(name)),
            (None, None) => Err(invalid::missing("metadata")),
            (None, Some(metadata)) => Ok(Self(metadata)),
        }
    }
}

/// Replaces the metadata of a conversation.
pub async fn update(
    caller: Caller<WriteConversations>,
    ids: Ids,
    _: NoQuery,
    request: Idempotent<UpdateConversation>,
) -> Reply {
    let (UpdateConversation(pairs), key) = request.into_parts(&caller);
    for _ in 0..ATTEMPTS {
        let before = read(&caller, &ids).await?;
        let metadata = pairs.replace_in(&before.metadata)?;
        let patch = ConversationPatch { metadata: Some(metadata), ..ConversationPatch::default() };
        let unchanged = Precondition::exactly(before.version);
        match conversations::update_once(caller.store(), ids.conversation, &patch, &unchanged, key.as_ref()).await {
            Ok(updated) => {
                let body = object::conversation(&updated.outcome.conversation);
                return replayed(updated.is_replay, respond(StatusCode::OK, &body));
            }
            Err(AppError::VersionMismatch) => {}
            Err(AppError::NotFound) => return Err(ids.no_conversation()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict, "Others keep changing the conversation. Nothing was updated. Retry the request."))
}
