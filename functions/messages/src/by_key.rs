//! Responses whose shape depends on the kind of the key.

use crate::{
    customer_view::dto::{CustomerMessageListResponse, CustomerMessageResponse},
    dto::{MessageListResponse, MessageResponse},
};

deskless_api::by_key!(
    /// A message, in the shape for the kind of the key.
    EitherMessageResponse = MessageResponse | CustomerMessageResponse
);

deskless_api::by_key!(
    /// A page of messages, in the shape for the kind of the key.
    EitherMessageListResponse = MessageListResponse | CustomerMessageListResponse
);
