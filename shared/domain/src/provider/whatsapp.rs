//! WhatsApp Cloud API: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.

use serde_json::{Value, json};

use super::{Content, Faults, Media, Outgoing, ProviderRequest, meta::GRAPH, own_side, recipient};
use crate::{Conversation, Field, InboxSettings, MediaType};

/// The most characters of a text.
const TEXT: usize = 4096;
/// The most characters of a caption.
const CAPTION: usize = 1024;

pub(super) fn requests(
    conversation: &Conversation,
    inbox: &InboxSettings,
    outgoing: &Outgoing,
    faults: &mut Faults,
) -> Vec<ProviderRequest> {
    let to = recipient::phone(conversation, outgoing, faults, recipient::is_phone);
    let from = own_side(outgoing, inbox.phone_number_id.as_ref()).unwrap_or("{phone-number-id}");
    let url = format!("{GRAPH}/{from}/messages");
    let send = |kind: &str, content: Value| {
        let mut body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": to,
            "type": kind,
        });
        body[kind] = content;
        ProviderRequest::json(&url, body)
    };
    let text = |text: &str| send("text", json!({ "preview_url": false, "body": text }));
    let words = outgoing.content.text();
    let length = words.map_or(0, |words| words.chars().count());
    match &outgoing.content {
        Content::Text(body) => {
            faults.limit(Field::Body, TEXT, length, "characters");
            vec![text(body.as_str())]
        }
        // Audio has no caption, so the text is sent as a second message.
        Content::Media(media @ Media { kind: MediaType::Audio, .. }, _) => {
            faults.limit(Field::Body, TEXT, length, "characters");
            std::iter::once(send("audio", json!({ "link": media.url }))).chain(words.map(text)).collect()
        }
        Content::Media(media, _) => {
            faults.limit(Field::Body, CAPTION, length, "characters when it is the caption of a file");
            let mut content = json!({ "link": media.url });
            if let Some(caption) = words {
                content["caption"] = json!(caption);
            }
            if let (MediaType::Document, Some(name)) = (media.kind, &media.file_name) {
                content["filename"] = json!(name);
            }
            vec![send(media.kind.as_str(), content)]
        }
        Content::Template(template) => {
            let mut content = json!({ "name": template.name, "language": { "code": template.language } });
            if !template.components.is_empty() {
                content["components"] = json!(template.components);
            }
            vec![send("template", content)]
        }
    }
}
