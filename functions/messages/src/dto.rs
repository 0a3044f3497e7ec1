//! What messages look like on the wire, besides the object itself, which other functions show too.

use deskless_api::wire::MessageObject;
use deskless_domain::Message;
use serde::Serialize;
use utoipa::ToSchema;

/// One message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageResponse {
    message: MessageObject,
}

impl From<&Message> for MessageResponse {
    fn from(message: &Message) -> Self {
        Self { message: message.into() }
    }
}
