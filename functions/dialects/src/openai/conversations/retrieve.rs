use deskless_api::{Caller, Problem, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::{AppError, conversations};
use deskless_domain::Conversation;
use http::StatusCode;

use crate::openai::{id::Ids, object, query::NoQuery};

/// Returns a conversation.
pub async fn retrieve(caller: Caller<ReadConversations>, ids: Ids, _: NoQuery) -> Reply {
    respond(StatusCode::OK, &object::conversation(&read(&caller, &ids).await?))
}

/// Reads a conversation.
pub async fn read<S>(caller: &Caller<S>, ids: &Ids) -> Result<Conversation, Problem> {
    match conversations::get(caller.store(), ids.conversation).await {
        Ok(view) => Ok(view.conversation),
        Err(AppError::NotFound) => Err(ids.no_conversation()),
        Err(error) => Err(error.into()),
    }
}
