use deskless_api::{CustomerCaller, IfNoneMatch, Reply, likeness, not_modified, ok};
use deskless_domain::ConversationId;

use super::dto::OwnConversationResponse;

/// Retrieves a conversation of the customer's. Its version would count notes, so its tag is made of what is shown.
pub async fn get_conversation(caller: &CustomerCaller, id: ConversationId, known: &IfNoneMatch) -> Reply {
    let conversation = caller.store().get_conversation(id).await?;
    let response = OwnConversationResponse::from(&conversation);
    let version = likeness(&response)?;
    if known.holds(version) {
        return Ok(not_modified(version));
    }
    ok(Some(version), &response)
}
