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

#[cfg(test)]
mod tests {
    use deskless_domain::{Channel, ConversationId, MessageId};

    use super::PathId;

    const MESSAGE: &str = "0190a5c4-7e00-7000-8000-00000000000a";

    #[test]
    fn message_is_found_on_its_channel_only() {
        // The last byte says that the channel is SMS.
        let conversation = ConversationId::parse("0190a5c4-7e00-7000-8000-000000000009").expect("an id");
        let expected = Ok((conversation, MessageId::parse(MESSAGE).expect("an id")));
        let resolve = |path: &str, channel, given| {
            PathId(path.to_owned()).resolve(channel, given).map_err(|problem| problem.code())
        };
        let both = format!("{conversation}_{MESSAGE}");
        assert_eq!(resolve(&both, Channel::Sms, None), expected);
        assert_eq!(resolve(&both, Channel::Sms, Some(conversation)), expected);
        assert_eq!(resolve(MESSAGE, Channel::Sms, Some(conversation)), expected);
        for (path, channel) in [(both.as_str(), Channel::WhatsApp), (MESSAGE, Channel::Sms), ("x", Channel::Sms)] {
            assert!(resolve(path, channel, None).is_err(), "{path}");
        }
    }
}
