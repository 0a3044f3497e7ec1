//! Responses whose shape depends on the kind of the key.

use crate::{
    dto::{MessageListResponse, MessageResponse},
    own::dto::{OwnMessageListResponse, OwnMessageResponse},
};

deskless_api::by_key!(
    /// A message, in the shape for the kind of the key.
    EitherMessageResponse = MessageResponse | OwnMessageResponse
);

deskless_api::by_key!(
    /// A page of messages, in the shape for the kind of the key.
    EitherMessageListResponse = MessageListResponse | OwnMessageListResponse
);
