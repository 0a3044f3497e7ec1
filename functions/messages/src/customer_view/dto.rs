use deskless_api::wire::{CustomerMessageObject, ListTag};
use deskless_domain::Message;
use serde::Serialize;
use utoipa::ToSchema;

/// A message, as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageResponse)]
pub struct CustomerMessageResponse {
    message: CustomerMessageObject,
}

impl From<&Message> for CustomerMessageResponse {
    fn from(message: &Message) -> Self {
        Self { message: message.into() }
    }
}

/// A page of messages, as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessageListResponse)]
pub struct CustomerMessageListResponse {
    pub object: ListTag,
    /// Whether there are more messages now.
    pub has_more: bool,
    /// The `cursor` of the next page. Never `null`: on the last page, use it later to get the messages that were added since.
    pub next_cursor: String,
    pub messages: Vec<CustomerMessageObject>,
}
