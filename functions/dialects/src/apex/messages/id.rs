//! Message ids. Clients ask for a message by one id, so `_id` has that of its conversation too: `{conversation}_{message}`.

use axum::extract::{FromRequestParts, RawPathParams};
use deskless_api::{ApiState, Problem};
use deskless_domain::{Channel, ConversationId, Message, MessageId};
use http::request::Parts;

/// The id in a path, as it was sent.
#[derive(Debug)]
pub struct PathId(String);

impl FromRequestParts<ApiState> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let first = parameters.iter().next().map(|(_, value)| value.to_owned());
        first.map(Self).ok_or_else(Problem::not_found)
    }
}

impl PathId {
    /// Returns the message on a channel. A message's own id needs the conversation, from the query.
    ///
    /// # Errors
    /// `NotFound`, also for a message on another channel.
    pub fn resolve(
        &self,
        channel: Channel,
        conversation: Option<ConversationId>,
    ) -> Result<(ConversationId, MessageId), Problem> {
        let (named, message) = match self.0.split_once('_') {
            Some((conversation, message)) => (ConversationId::parse(conversation), message),
            None => (conversation, self.0.as_str()),
        };
        let message = MessageId::parse(message);
        named
            .filter(|id| conversation.is_none_or(|other| other == *id) && id.channel() == Some(channel))
            .zip(message)
            .ok_or_else(Problem::not_found)
    }
}

/// Returns the service's id of a message.
pub fn id_of(message: &Message) -> String {
    format!("{}_{}", message.conversation_id, message.id)
}
