use deskless_api::{Caller, Reply, dialect::respond, scope::WriteConversations};
use deskless_app::{AppError, conversations};
use deskless_domain::Precondition;
use http::StatusCode;
use serde_json::json;

use crate::openai::{
    id::{self, Ids},
    query::NoQuery,
};

/// Deletes a conversation and, unlike the service, its items.
pub async fn delete(caller: Caller<WriteConversations>, ids: Ids, _: NoQuery) -> Reply {
    match conversations::delete(caller.store(), ids.conversation, None, &Precondition::NONE).await {
        Ok(()) => {
            let id = id::of_conversation(ids.conversation);
            respond(StatusCode::OK, &json!({ "id": id, "object": "conversation.deleted", "deleted": true }))
        }
        Err(AppError::NotFound) => Err(ids.no_conversation()),
        Err(error) => Err(error.into()),
    }
}
