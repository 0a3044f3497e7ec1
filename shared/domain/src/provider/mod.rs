//! How a message reads to the provider that carries a channel: the exact requests, and the provider's own limits.
//!
//! Nothing is sent here, and there are no secrets here: whoever sends adds the provider's authorization.

mod content;
mod meta;
mod recipient;
mod sms;
mod web_chat;
mod whatsapp;

use serde_json::Value;

pub use content::{
    Content, FileName, LanguageCode, Media, MediaUrl, Outgoing, ProviderAddress, Template, TemplateName,
};
pub use sms::{Segments, segments};

use crate::{Channel, Conversation, Invalid, MessageType, Provider, Timestamp};

/// One HTTP request to a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderRequest {
    /// Where to: always by POST. What is not known stands in braces, such as `{phone-number-id}`.
    pub url: String,
    /// How the body is written.
    pub content_type: &'static str,
    /// The JSON body, or the fields of a form.
    pub body: Value,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl ProviderRequest {
    fn json(url: &str, body: Value) -> Self {
        Self { url: url.to_owned(), content_type: JSON, body }
    }
}

/// What becomes of a message on its way to a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// The conversation's channel.
    pub channel: Channel,
    /// Who carries it.
    pub provider: Provider,
    /// The requests, to be sent in this order; none for a note.
    pub requests: Vec<ProviderRequest>,
    /// Into how many messages a network takes an SMS apart.
    pub segments: Option<Segments>,
    /// Until when the provider allows free replies.
    pub window_expires_at: Option<Timestamp>,
}

/// Why a message cannot be sent as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// These fields break the provider's limits, or are missing.
    Fields(Vec<(&'static str, Invalid)>),
    /// The provider allows templates only, until the customer writes again.
    WindowClosed,
}

/// The fields that are wrong so far.
#[derive(Debug, Default)]
struct Faults(Vec<(&'static str, Invalid)>);

impl Faults {
    fn add(&mut self, field: &'static str, code: &'static str, message: impl Into<String>) {
        self.0.push((field, Invalid::new(code, message)));
    }

    /// Refuses more than `most` of the provider's `unit`.
    fn limit(&mut self, field: &'static str, most: usize, has: usize, unit: &str) {
        if has > most {
            self.add(field, "too_long", format!("must be at most {most} {unit} here; it has {has}"));
        }
    }
}

/// The provider that carries a channel, if there is one whose requests are known.
fn provider_of(channel: Channel) -> Option<Provider> {
    match channel {
        Channel::WhatsApp => Some(Provider::WhatsAppCloud),
        Channel::Instagram => Some(Provider::Instagram),
        Channel::Messenger => Some(Provider::Messenger),
        Channel::Sms => Some(Provider::Twilio),
        Channel::LiveChat | Channel::Web => Some(Provider::WebChat),
        _ => None,
    }
}

/// The requests that a conversation's provider would be sent for a message. A note passes every check, since it is
/// never sent.
///
/// # Errors
/// [`Refusal::Fields`] with everything that is wrong, [`Refusal::WindowClosed`] for a free reply after the window.
pub fn transform(conversation: &Conversation, outgoing: &Outgoing, now: Timestamp) -> Result<Transform, Refusal> {
    let channel = conversation.channel();
    let mut faults = Faults::default();
    let Some(provider) = provider_of(channel) else {
        let message = format!("is {channel}, for which no provider's requests are known");
        faults.add("channel", "no_provider", message);
        return Err(Refusal::Fields(faults.0));
    };
    let is_template = matches!(outgoing.content, Content::Template(_));
    let is_note = outgoing.kind == MessageType::Note;
    if is_template && (is_note || provider != Provider::WhatsAppCloud) {
        faults.add("template", "invalid", "is for replies on WhatsApp only");
    }
    let mut segments = None;
    let requests = match provider {
        _ if is_note => Vec::new(),
        Provider::WhatsAppCloud => whatsapp::requests(conversation, outgoing, &mut faults),
        Provider::Instagram => meta::instagram(conversation, outgoing, &mut faults),
        Provider::Messenger => meta::messenger(conversation, outgoing, &mut faults),
        Provider::Twilio => sms::request(conversation, outgoing, &mut faults, &mut segments),
        Provider::WebChat => web_chat::request(conversation, outgoing, &mut faults),
    };
    if !faults.0.is_empty() {
        return Err(Refusal::Fields(faults.0));
    }
    if !is_note && !is_template && !conversation.is_window_open(now) {
        return Err(Refusal::WindowClosed);
    }
    Ok(Transform { channel, provider, requests, segments, window_expires_at: conversation.window_expires_at() })
}
