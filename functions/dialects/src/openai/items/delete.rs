use deskless_api::{Caller, Reply, dialect::respond, scope::WriteConversations};
use deskless_app::{AppError, messages};
use deskless_domain::Precondition;
use http::StatusCode;

use super::find::find;
use crate::openai::{conversations::read, id::Ids, object, query::NoQuery};

/// Deletes an item, and returns its conversation.
pub async fn delete(caller: Caller<WriteConversations>, ids: Ids, _: NoQuery) -> Reply {
    // The conversation is read before the item is deleted, so that nothing can fail afterwards.
    let (message, _) = find(&caller, &ids).await?;
    let conversation = read(&caller, &ids).await?;
    match messages::delete(caller.store(), ids.conversation, message.id, &Precondition::NONE).await {
        Ok(()) => respond(StatusCode::OK, &object::conversation(&conversation)),
        Err(AppError::NotFound) => Err(ids.no_item()),
        Err(error) => Err(error.into()),
    }
}
