//! The web chat of Deskless. A reply is delivered when it is stored, so the request is one to this API.

use serde_json::json;

use super::{Content, Faults, Outgoing, ProviderRequest};
use crate::{Conversation, Field};

pub(super) fn request(conversation: &Conversation, outgoing: &Outgoing, faults: &mut Faults) -> Vec<ProviderRequest> {
    let own = "must be left out: web chat messages go to the conversation's customer";
    for (field, address) in [(Field::Sender, &outgoing.from), (Field::Recipient, &outgoing.to)] {
        if address.is_some() {
            faults.add(field, "invalid", own);
        }
    }
    let mut body = json!({ "role": "assistant", "type": "reply" });
    if let Content::Media(media, _) = &outgoing.content {
        let name = media.file_name.as_ref().map_or(media.url.as_str(), |name| name.as_str());
        body["body"] = json!(name);
        body["metadata"] = json!({ "media": { "type": media.kind, "url": media.url, "fileName": media.file_name } });
    }
    if let Some(text) = outgoing.content.text() {
        body["body"] = json!(text);
    }
    vec![ProviderRequest::json(&format!("/api/v1/conversations/{}/messages", conversation.id), body)]
}
