//! Messenger and Instagram:
//! <https://developers.facebook.com/docs/messenger-platform/send-messages>,
//! <https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api>.

use serde_json::{Value, json};

use super::{Content, Faults, Outgoing, ProviderRequest, own_side, recipient};
use crate::{Conversation, Field, InboxSettings, MediaType};

/// The base URL of the Graph API, with the version of the requests in this file.
pub(super) const GRAPH: &str = "https://graph.facebook.com/v24.0";
const INSTAGRAM: &str = "https://graph.instagram.com/v24.0";

/// The most characters of a text on Messenger.
const MESSENGER_TEXT: usize = 2000;
/// The most bytes of a text on Instagram, in UTF-8.
const INSTAGRAM_TEXT: usize = 1000;

pub(super) fn messenger(
    conversation: &Conversation,
    inbox: &InboxSettings,
    outgoing: &Outgoing,
    faults: &mut Faults,
) -> Vec<ProviderRequest> {
    let length = outgoing.content.text().map_or(0, |text| text.chars().count());
    faults.limit(Field::Body, MESSENGER_TEXT, length, "characters");
    let to = recipient::scoped_id(conversation, outgoing, faults);
    let url = address(GRAPH, own_side(outgoing, inbox.page_id.as_ref()));
    let messages = messages(&outgoing.content, |url| json!({ "url": url, "is_reusable": false }));
    let send = |message| json!({ "recipient": { "id": to }, "messaging_type": "RESPONSE", "message": message });
    messages.into_iter().map(|message| ProviderRequest::json(&url, send(message))).collect()
}

pub(super) fn instagram(
    conversation: &Conversation,
    inbox: &InboxSettings,
    outgoing: &Outgoing,
    faults: &mut Faults,
) -> Vec<ProviderRequest> {
    let length = outgoing.content.text().map_or(0, str::len);
    faults.limit(Field::Body, INSTAGRAM_TEXT, length, "bytes in UTF-8");
    let to = recipient::scoped_id(conversation, outgoing, faults);
    let url = address(INSTAGRAM, own_side(outgoing, inbox.account_id.as_ref()));
    let messages = messages(&outgoing.content, |url| json!({ "url": url }));
    let send = |message| json!({ "recipient": { "id": to }, "message": message });
    messages.into_iter().map(|message| ProviderRequest::json(&url, send(message))).collect()
}

/// Returns the request URL. `me` stands for the page or account of the access token.
fn address(base: &str, own: Option<&str>) -> String {
    format!("{base}/{}/messages", own.unwrap_or("me"))
}

/// Returns the messages to send. A message has a text or a file, so a text with a file is sent after it.
fn messages(content: &Content, payload: impl Fn(&str) -> Value) -> Vec<Value> {
    let file = match content {
        Content::Media(media, _) => {
            let kind = match media.kind {
                MediaType::Document => "file",
                kind => kind.as_str(),
            };
            Some(json!({ "attachment": { "type": kind, "payload": payload(media.url.as_str()) } }))
        }
        _ => None,
    };
    let words = content.text().map(|text| json!({ "text": text }));
    file.into_iter().chain(words).collect()
}
