//! The service's values, and ours.

use deserr::Deserr;
use deskless_api::InvalidRequest;
use deskless_domain::{Channel, ConversationFilter, Invalid, Priority};
use serde::Serialize;

/// The status of a conversation. A solved one is closed, whatever its resolution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr, Serialize)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Closed,
    Pending,
}

impl From<deskless_domain::Status> for Status {
    fn from(status: deskless_domain::Status) -> Self {
        match status {
            deskless_domain::Status::Open => Self::Open,
            deskless_domain::Status::Waiting => Self::Pending,
            deskless_domain::Status::Solved => Self::Closed,
        }
    }
}

impl From<Status> for deskless_domain::Status {
    fn from(status: Status) -> Self {
        match status {
            Status::Open => Self::Open,
            Status::Pending => Self::Waiting,
            Status::Closed => Self::Solved,
        }
    }
}

/// A priority in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
pub enum RequestedPriority {
    Low,
    Medium,
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
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        };
        Priority::parse(label.to_owned())
    }

    /// Returns the filter that finds exactly the conversations that show this priority.
    ///
    /// # Errors
    /// Never: the labels are valid.
    pub fn filter(self) -> Result<ConversationFilter, Invalid> {
        let mut any_priority = vec![self.label()?];
        if self == Self::Medium {
            any_priority.push(Priority::parse(NORMAL.to_owned())?);
        }
        Ok(match any_priority.as_slice() {
            [only] => ConversationFilter { priority: Some(only.clone()), ..ConversationFilter::default() },
            _ => ConversationFilter { any_priority, ..ConversationFilter::default() },
        })
    }
}

/// The label that another dialect has for `medium`.
const NORMAL: &str = "normal";

/// Returns the service's name of a priority. Labels of other services stay.
pub fn priority(label: &Priority) -> &str {
    match label.as_str() {
        NORMAL => "medium",
        other => other,
    }
}

/// The channel of a new conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
pub enum RequestedChannel {
    Email,
    Chat,
    Phone,
    Whatsapp,
}

impl From<RequestedChannel> for Channel {
    fn from(channel: RequestedChannel) -> Self {
        match channel {
            RequestedChannel::Email => Self::Email,
            RequestedChannel::Chat => Self::LiveChat,
            RequestedChannel::Phone => Self::Voice,
            RequestedChannel::Whatsapp => Self::WhatsApp,
        }
    }
}

/// Returns the service's name of a channel. Channels that it does not have keep ours.
pub fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::LiveChat => "chat",
        Channel::Voice => "phone",
        other => other.as_str(),
    }
}
