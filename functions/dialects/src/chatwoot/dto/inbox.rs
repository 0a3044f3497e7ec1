use deskless_domain::{Channel, Inbox, Resource};
use serde::Serialize;

use crate::chatwoot::id;

/// An inbox.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the service has as many")]
pub struct InboxObject {
    id: u64,
    avatar_url: &'static str,
    channel_id: u64,
    name: String,
    channel_type: &'static str,
    greeting_enabled: bool,
    greeting_message: Option<String>,
    working_hours_enabled: bool,
    enable_email_collect: bool,
    csat_survey_enabled: bool,
    enable_auto_assignment: bool,
    allow_messages_after_resolved: bool,
    lock_to_single_conversation: bool,
    inbox_identifier: String,
    provider: Option<String>,
}

impl From<&Resource<Inbox>> for InboxObject {
    fn from(inbox: &Resource<Inbox>) -> Self {
        Self {
            id: id::number(inbox.id),
            avatar_url: "",
            channel_id: id::number(inbox.id),
            name: inbox.fields.name.to_string(),
            channel_type: channel_type(inbox.fields.channel),
            greeting_enabled: false,
            greeting_message: None,
            working_hours_enabled: false,
            enable_email_collect: false,
            csat_survey_enabled: false,
            enable_auto_assignment: false,
            allow_messages_after_resolved: true,
            lock_to_single_conversation: false,
            inbox_identifier: inbox.id.to_string(),
            provider: None,
        }
    }
}

/// Returns the service's type of a channel. Channels that the service does not have are API channels.
pub fn channel_type(channel: Channel) -> &'static str {
    match channel {
        Channel::LiveChat | Channel::Web => "Channel::WebWidget",
        Channel::Email => "Channel::Email",
        Channel::WhatsApp => "Channel::Whatsapp",
        Channel::Instagram => "Channel::Instagram",
        Channel::Messenger => "Channel::FacebookPage",
        Channel::Telegram => "Channel::Telegram",
        Channel::Sms => "Channel::Sms",
        Channel::Api | Channel::Discord | Channel::Voice | Channel::Callback | Channel::Playground => "Channel::Api",
    }
}
