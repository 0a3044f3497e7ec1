//! Responses whose shape depends on the kind of the key.

use crate::{
    customer_view::dto::{
        CustomerConversationCreatedResponse, CustomerConversationListResponse, CustomerConversationResponse,
    },
    dto::{ConversationListResponse, ConversationResponse, ConversationWithMessagesResponse},
};

deskless_api::by_key!(
    /// A conversation, in the shape for the kind of the key.
    EitherConversationResponse = ConversationWithMessagesResponse | CustomerConversationResponse
);

deskless_api::by_key!(
    /// A new conversation, in the shape for the kind of the key.
    EitherConversationCreatedResponse = ConversationResponse | CustomerConversationCreatedResponse
);

deskless_api::by_key!(
    /// A page of conversations, in the shape for the kind of the key.
    EitherConversationListResponse = ConversationListResponse | CustomerConversationListResponse
);
