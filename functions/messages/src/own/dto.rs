use deskless_api::wire::OwnMessageObject;
use deskless_domain::Message;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{dto::MessageResponse, list::MessageListResponse, own::list::OwnMessageListResponse};

/// One message, as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerViewMessageResponse)]
pub struct OwnMessageResponse {
    message: OwnMessageObject,
}

impl From<&Message> for OwnMessageResponse {
    fn from(message: &Message) -> Self {
        Self { message: message.into() }
    }
}

deskless_api::by_key!(
    /// One message, as the key sees it.
    EitherMessageResponse = MessageResponse | OwnMessageResponse
);

deskless_api::by_key!(
    /// A page of a thread, as the key sees it.
    EitherMessageListResponse = MessageListResponse | OwnMessageListResponse
);
