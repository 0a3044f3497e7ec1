//! Responses whose shape depends on the kind of the key.

use crate::{
    dto::{ConversationListResponse, ConversationResponse, ConversationWithMessagesResponse},
    own::dto::{OwnConversationCreatedResponse, OwnConversationListResponse, OwnConversationResponse},
};

deskless_api::by_key!(
    /// A conversation, in the shape for the kind of the key.
    EitherConversationResponse = ConversationWithMessagesResponse | OwnConversationResponse
);

deskless_api::by_key!(
    /// A new conversation, in the shape for the kind of the key.
    EitherConversationCreatedResponse = ConversationResponse | OwnConversationCreatedResponse
);

deskless_api::by_key!(
    /// A page of conversations, in the shape for the kind of the key.
    EitherConversationListResponse = ConversationListResponse | OwnConversationListResponse
);
