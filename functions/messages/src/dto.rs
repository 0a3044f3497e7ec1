//! The wire format of messages. The message object is in `deskless-api`, because other functions return it too.

use deserr::Deserr;
use deskless_api::{
    InvalidRequest, Limit,
    wire::{ListTag, MessageObject},
};
use deskless_domain::{Message, Order};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The page size and the order.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListMessagesQuery {
    /// The page size.
    #[deserr(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: Limit<100, 500>,
    /// The `nextCursor` of the previous page.
    #[deserr(default)]
    pub(crate) cursor: Option<String>,
    /// The order: `asc` for oldest first, `desc` for newest first.
    #[deserr(default = Order::Asc)]
    #[param(inline, value_type = Option<Order>)]
    pub(crate) order: Order,
}

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
    /// The `cursor` of the next page. Never `null`: use it later to get the messages that were added since.
    pub next_cursor: String,
    pub messages: Vec<MessageObject>,
}
