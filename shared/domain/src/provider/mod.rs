//! Transforms messages into requests of the provider that delivers a channel, and checks the provider's limits.
//!
//! Nothing is sent from here. The requests have no credentials: the sender adds them.

mod content;
mod meta;
mod recipient;
mod sms;
mod web_chat;
mod whatsapp;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use content::{
    Content, FileName, LanguageCode, Media, MediaUrl, Outgoing, ProviderAddress, ProviderTemplate, TemplateName,
};
pub use sms::{Segments, segments};

use crate::{
    Channel, Conversation, ExternalId, Field, InboxSettings, Invalid, InvalidField, MessageType, Provider, Timestamp,
};

/// One HTTP request to a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderRequest {
    /// The URL, for a POST request. Unknown parts are placeholders in braces, such as `{phone-number-id}`.
    pub url: String,
    /// The content type of the body.
    pub content_type: Cow<'static, str>,
    /// The JSON body, or the fields of a form as a JSON object.
    pub body: Value,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl ProviderRequest {
    fn json(url: &str, body: Value) -> Self {
        Self { url: url.to_owned(), content_type: Cow::Borrowed(JSON), body }
    }
}

/// A message, transformed for a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    /// The channel of the conversation.
    pub channel: Channel,
    /// The provider.
    pub provider: Provider,
    /// The requests, in the order in which they must be sent. Empty for a note.
    pub requests: Vec<ProviderRequest>,
    /// The segments of an SMS.
    pub segments: Option<Segments>,
    /// The end of the reply window.
    pub window_expires_at: Option<Timestamp>,
}

/// Why a message cannot be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum TransformError {
    /// Fields are missing or exceed the provider's limits.
    Fields(Vec<InvalidField>),
    /// The reply window is closed: the provider accepts only templates until the customer writes again.
    WindowClosed,
}

/// The field errors found so far.
#[derive(Debug, Default)]
struct Faults(Vec<InvalidField>);

impl Faults {
    fn add(&mut self, field: Field, code: &'static str, message: impl Into<String>) {
        self.0.push(InvalidField::new(field, Invalid::new(code, message)));
    }

    /// Adds an error if there are more than `most` units.
    fn limit(&mut self, field: Field, most: usize, has: usize, unit: &str) {
        if has > most {
            self.add(field, "too_long", format!("must be at most {most} {unit}; it has {has}"));
        }
    }
}

/// Returns the workspace's id with the provider, for use in a URL: from the request, else from the inbox.
fn own_side<'a>(outgoing: &'a Outgoing, inbox: Option<&'a ExternalId>) -> Option<&'a str> {
    let inbox = inbox.map(ExternalId::as_str).filter(|id| ProviderAddress::parse((*id).to_owned()).is_ok());
    outgoing.from.as_ref().map(ProviderAddress::as_str).or(inbox)
}

/// Returns the provider of a channel, if Deskless writes requests for it.
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

/// Transforms a message into the requests of the conversation's provider. Notes are not checked, because they are never sent.
/// `inbox` has the settings of the conversation's inbox.
///
/// # Errors
/// [`TransformError::Fields`] with all invalid fields; [`TransformError::WindowClosed`] for a free-form reply after the
/// reply window.
pub fn transform(
    conversation: &Conversation,
    inbox: &InboxSettings,
    outgoing: &Outgoing,
    now: Timestamp,
) -> Result<Transform, TransformError> {
    let channel = conversation.channel();
    let mut faults = Faults::default();
    let Some(provider) = provider_of(channel) else {
        let message = format!("must be one that Deskless can transform messages for; {channel} is not");
        faults.add(Field::Channel, "no_provider", message);
        return Err(TransformError::Fields(faults.0));
    };
    let is_template = matches!(outgoing.content, Content::Template(_));
    let is_note = outgoing.kind == MessageType::Note;
    if is_template && !is_note && provider != Provider::WhatsAppCloud {
        faults.add(Field::Template, "invalid", "can be used on the channel whatsapp only");
    }
    let mut segments = None;
    let requests = match provider {
        _ if is_note => Vec::new(),
        Provider::WhatsAppCloud => whatsapp::requests(conversation, inbox, outgoing, &mut faults),
        Provider::Instagram => meta::instagram(conversation, inbox, outgoing, &mut faults),
        Provider::Messenger => meta::messenger(conversation, inbox, outgoing, &mut faults),
        Provider::Twilio => sms::request(conversation, inbox, outgoing, &mut faults, &mut segments),
        Provider::WebChat => web_chat::request(conversation, outgoing, &mut faults),
    };
    // The inbox's limit is checked only if the provider's limits hold, so that one text gives one error.
    if let (false, true, Some(most), Some(text)) =
        (is_note, faults.0.is_empty(), inbox.max_body_length, outgoing.content.text())
    {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        faults.limit(Field::Body, most, text.chars().count(), "characters for this inbox");
    }
    if !faults.0.is_empty() {
        return Err(TransformError::Fields(faults.0));
    }
    if !is_note && !is_template && !conversation.is_window_open(now) {
        return Err(TransformError::WindowClosed);
    }
    Ok(Transform { channel, provider, requests, segments, window_expires_at: conversation.window_expires_at() })
}
