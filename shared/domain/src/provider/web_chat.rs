//! Our own web chat, where a reply is delivered when it is stored: the request is one of this API.

use serde_json::json;

use super::{Content, Faults, Outgoing, ProviderRequest};
use crate::Conversation;

pub(super) fn request(conversation: &Conversation, outgoing: &Outgoing, faults: &mut Faults) -> Vec<ProviderRequest> {
    let own = "is not said here: web chat goes to the conversation's own customer";
    for (field, address) in [("from", &outgoing.from), ("to", &outgoing.to)] {
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
