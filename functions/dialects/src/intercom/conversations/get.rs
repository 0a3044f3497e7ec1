use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Reply, scope::ReadConversations};
use deskless_domain::ConversationId;

use super::{format_of, reply_with};

/// How a conversation is shown.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ShowQuery {
    /// `plaintext` for bodies without HTML.
    #[deserr(default)]
    pub display_as: Option<String>,
    /// Accepted and without effect: no message has a translation.
    #[deserr(default)]
    #[expect(dead_code, reason = "known, so that it is not refused")]
    include_translations: Option<String>,
}

/// Get a conversation with its most recent 500 parts.
pub async fn get_conversation(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(query): ApiQuery<ShowQuery>,
) -> Reply {
    let format = format_of(query.display_as.as_deref())?;
    reply_with(caller.store(), id, format).await
}
