//! The wire format of messages. The message object is in `deskless-api`, because other functions return it too.

use deskless_api::wire::{ListTag, MessageObject};
use deskless_domain::Message;
use serde::Serialize;
use utoipa::ToSchema;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageResponse {
    message: MessageObject,
}

impl From<&Message> for MessageResponse {
    fn from(message: &Message) -> Self {
        Self { message: message.into() }
    }
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageListResponse {
    pub object: ListTag,
    /// Whether there are more messages now.
    pub has_more: bool,
    /// The `cursor` of the next page. Never `null`: on the last page, use it later to get the messages that were added since.
    pub next_cursor: String,
    pub messages: Vec<MessageObject>,
}
