use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed, scope::WriteConversations};
use deskless_app::{AppError, conversations};
use deskless_domain::{ConversationPatch, Metadata, Precondition};
use serde::Serialize;

use crate::chatwoot::{
    attributes::{Attributes, Split, members},
    find,
    path::OfConversation,
    query::shown,
};

/// The number of tries while others update the conversation.
const TRIES: usize = 5;

/// The custom attributes of a conversation.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CustomAttributes {
    custom_attributes: Metadata,
}

#[derive(Serialize)]
struct Updated {
    custom_attributes: Attributes,
}

/// Replaces the custom attributes of a conversation.
pub async fn custom_attributes(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    request: Idempotent<CustomAttributes>,
) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    let id = find::conversation_id(store, path.conversation).await?;
    for _ in 0..TRIES {
        let conversation = conversations::get(store, id).await?.conversation;
        let attributes = Split { custom: members(&request.custom_attributes), ..Split::of(&conversation.metadata) };
        let metadata = Some(attributes.join("custom_attributes")?);
        let changes = ConversationPatch { metadata, ..ConversationPatch::default() };
        let as_read = Precondition::exactly(conversation.version);
        match conversations::update_once(store, id, &changes, &as_read, key.as_ref()).await {
            Err(AppError::VersionMismatch) => {}
            updated => {
                let updated = updated?;
                let custom_attributes = Split::of(&updated.outcome.conversation.metadata).custom;
                return replayed(updated.is_replay, shown(&Updated { custom_attributes }));
            }
        }
    }
    Err(AppError::Unavailable("the conversation keeps changing".to_owned()).into())
}
