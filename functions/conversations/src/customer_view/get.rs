use deskless_api::{CustomerCaller, Reply, content_version, ok};
use deskless_app::conversations;
use deskless_domain::ConversationId;

use super::dto::CustomerConversationResponse;

/// Retrieves one of the customer's conversations. The stored version also counts notes, so the `ETag` is computed from the
/// response.
pub async fn get_conversation(caller: &CustomerCaller, id: ConversationId) -> Reply {
    let conversation = conversations::get_own(caller.store(), id).await?;
    let response = CustomerConversationResponse::from(&conversation);
    let version = content_version(&response)?;
    ok(version, &response)
}
