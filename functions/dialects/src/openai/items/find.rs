//! Finds the message of an item.

use deskless_api::{Caller, Problem};
use deskless_app::{AppError, conversations, messages};
use deskless_domain::{ExternalId, Message, MessageId};

use crate::openai::{
    id::{self, Ids},
    object::{self, Item},
};

/// Returns the message of an item, and the item.
pub async fn find<S>(caller: &Caller<S>, ids: &Ids) -> Result<(Message, Item), Problem> {
    if let Some(id) = id::message(&ids.item)
        && let Some(found) = get(caller, ids, id).await?
    {
        return Ok(found);
    }
    if let Some(id) = with_own_id(caller, ids, &ids.item).await?
        && let Some(found) = get(caller, ids, id).await?
    {
        return Ok(found);
    }
    match conversations::get(caller.store(), ids.conversation).await {
        Ok(_) => Err(ids.no_item()),
        Err(AppError::NotFound) => Err(ids.no_conversation()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the position of an item in its thread, also of one that was deleted.
pub async fn position<S>(caller: &Caller<S>, ids: &Ids, item: &str) -> Result<Option<MessageId>, Problem> {
    Ok(with_own_id(caller, ids, item).await?.or_else(|| id::message(item)))
}

async fn with_own_id<S>(caller: &Caller<S>, ids: &Ids, item: &str) -> Result<Option<MessageId>, Problem> {
    let Ok(own) = ExternalId::parse(item.to_owned()) else { return Ok(None) };
    Ok(messages::find(caller.store(), ids.conversation, &own).await?)
}

async fn get<S>(caller: &Caller<S>, ids: &Ids, id: MessageId) -> Result<Option<(Message, Item)>, Problem> {
    let message = match messages::get(caller.store(), ids.conversation, id).await {
        Ok(message) => message,
        Err(AppError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let item = object::item(&message)?.filter(|item| item.id == ids.item);
    Ok(item.map(|item| (message, item)))
}
