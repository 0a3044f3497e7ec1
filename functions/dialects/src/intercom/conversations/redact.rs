use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, scope::WriteConversations};
use deskless_app::{AppError, conversations, messages};
use deskless_domain::{ConversationId, MessageId, Precondition};

use super::reply_with;
use crate::intercom::{
    error::{NO_PART, not_found},
    shape::part::BodyFormat,
    values::{Id, invalid, missing},
};

/// A message to redact.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct RedactRequest {
    #[deserr(rename = "type")]
    kind: String,
    conversation_id: Id,
    #[deserr(default)]
    conversation_part_id: Option<Id>,
    #[deserr(default)]
    source_id: Option<Id>,
}

/// Redact a message: deletes it. A message that was deleted before is no error.
pub async fn redact_conversation(
    caller: Caller<WriteConversations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RedactRequest>,
) -> Reply {
    let store = caller.store();
    let RedactRequest { kind, conversation_id, conversation_part_id, source_id } = request.body;
    let (field, id) = match kind.as_str() {
        "conversation_part" => ("conversation_part_id", conversation_part_id),
        "source" => ("source_id", source_id),
        _ => return Err(invalid("type", "must be conversation_part or source")),
    };
    let unknown = || not_found(NO_PART);
    let conversation = ConversationId::parse(&conversation_id.0).ok_or_else(unknown)?;
    let message = MessageId::parse(&id.ok_or_else(|| missing(field))?.0).ok_or_else(unknown)?;
    match messages::delete(store, conversation, message, &Precondition::NONE).await {
        Ok(()) => {}
        Err(AppError::NotFound) => {
            let found = conversations::get(store, conversation).await.map_err(|error| match error {
                AppError::NotFound => unknown(),
                other => other.into(),
            })?;
            // The ids of messages sort by time: this one cannot have been in the conversation.
            if message > found.conversation.newest_message_id || message < MessageId::from(conversation) {
                return Err(unknown());
            }
        }
        Err(error) => return Err(error.into()),
    }
    reply_with(store, conversation, BodyFormat::Html).await
}
