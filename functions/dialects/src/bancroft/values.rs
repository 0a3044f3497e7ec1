//! The service's values, and ours.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::InvalidRequest;
use deskless_domain::{
    BodyLimit, Channel, Conversation, ConversationFilter, Invalid, MessageBody, PersonName, Priority, Resolution,
};
use serde::Serialize;

/// The status of a conversation. The service has two ends, ours has four resolutions: a conversation that was completed shows as
/// resolved, and an abandoned one as closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr, Serialize)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Pending,
    Resolved,
    Closed,
}

impl Status {
    pub fn of(conversation: &Conversation) -> Self {
        match (conversation.status, conversation.resolution) {
            (deskless_domain::Status::Open, _) => Self::Open,
            (deskless_domain::Status::Waiting, _) => Self::Pending,
            (_, Some(Resolution::Closed | Resolution::Abandoned)) => Self::Closed,
            (_, Some(Resolution::Resolved | Resolution::Completed) | None) => Self::Resolved,
        }
    }

    /// Returns the filter that finds exactly the conversations that show this status.
    pub fn filter(self) -> ConversationFilter {
        use deskless_domain::Status::{Open, Solved, Waiting};
        let (status, any_resolution) = match self {
            Self::Open => (Open, vec![]),
            Self::Pending => (Waiting, vec![]),
            Self::Resolved => (Solved, vec![Resolution::Resolved, Resolution::Completed]),
            Self::Closed => (Solved, vec![Resolution::Closed, Resolution::Abandoned]),
        };
        ConversationFilter { status: Some(status), any_resolution, ..ConversationFilter::default() }
    }
}

/// The priority of a new conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
pub enum RequestedPriority {
    Low,
    Normal,
    High,
    Urgent,
}

impl RequestedPriority {
    /// Returns our label.
    ///
    /// # Errors
    /// Never: the labels are valid.
    pub fn label(self) -> Result<Priority, Invalid> {
        let label = match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        };
        Priority::parse(label.to_owned())
    }
}

/// Returns the service's name of a priority: our default, `medium`, is `normal` there. Other labels stay.
pub fn priority(label: &Priority) -> &str {
    match label.as_str() {
        "medium" => "normal",
        other => other,
    }
}

/// The channel of a new conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
pub enum RequestedChannel {
    Web,
    Email,
    Api,
    Callback,
}

impl From<RequestedChannel> for Channel {
    fn from(channel: RequestedChannel) -> Self {
        match channel {
            RequestedChannel::Web => Self::Web,
            RequestedChannel::Email => Self::Email,
            RequestedChannel::Api => Self::Api,
            RequestedChannel::Callback => Self::Callback,
        }
    }
}

/// The text of a message: up to 256 KiB. With a client key, the use case allows fewer characters.
#[derive(Debug)]
pub struct Text(pub MessageBody);

impl Deserr<InvalidRequest> for Text {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = <String as Deserr<InvalidRequest>>::deserialize_from_value(value, location)?;
        let body = MessageBody::parse_within(text, BodyLimit::MAX);
        body.map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

/// Joins a first and a last name.
///
/// # Errors
/// When both together are too long for a name.
pub fn full_name(first: Option<&PersonName>, last: Option<&PersonName>) -> Result<Option<PersonName>, Invalid> {
    let parts: Vec<_> = [first, last].into_iter().flatten().map(PersonName::as_str).collect();
    if parts.is_empty() { Ok(None) } else { PersonName::parse(parts.join(" ")).map(Some) }
}

/// Splits a name: the first word, and the rest.
pub fn split_name(name: Option<&PersonName>) -> (Option<String>, Option<String>) {
    match name.map(|name| name.as_str().trim()).map(|name| name.split_once(' ').ok_or(name)) {
        None => (None, None),
        Some(Err(only)) => (Some(only.to_owned()), None),
        Some(Ok((first, last))) => (Some(first.to_owned()), Some(last.trim_start().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::PersonName;

    use super::{full_name, split_name};

    #[test]
    fn names_are_joined_and_split() {
        let name = |text: &str| PersonName::parse(text.to_owned()).expect("a name");
        let jane = full_name(Some(&name("Jane")), Some(&name("Doe"))).expect("a name");
        assert_eq!(jane, Some(name("Jane Doe")));
        assert_eq!(split_name(jane.as_ref()), (Some("Jane".into()), Some("Doe".into())));
        assert_eq!(split_name(Some(&name("Jane"))), (Some("Jane".into()), None));
        assert_eq!(split_name(Some(&name("  Jane   Doe "))), (Some("Jane".into()), Some("Doe".into())));
        assert_eq!(full_name(None, None), Ok(None));
    }
}
