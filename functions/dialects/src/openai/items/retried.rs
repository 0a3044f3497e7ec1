//! Retries of the service's SDKs, which send no idempotency key, but count their attempts in a header.

use axum::extract::FromRequestParts;
use deskless_api::{ApiState, Problem};
use deskless_app::{
    AppError, TenantStore,
    messages::{self, Thread},
};
use deskless_domain::{ConversationId, Message, MessageDraft, Order};
use http::request::Parts;

const HEADER: &str = "x-stainless-retry-count";
/// How long after its first attempt a request is retried, at most. The SDKs wait ten minutes for a response.
const RETRIED_WITHIN_SECONDS: i64 = 30 * 60;

/// The number of earlier attempts of a request.
#[derive(Debug)]
pub struct RetryCount(u32);

impl RetryCount {
    /// Returns whether the request was sent before.
    pub fn is_retry(&self) -> bool {
        self.0 > 0
    }
}

impl FromRequestParts<ApiState> for RetryCount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        let count = parts.headers.get(HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Self(count.unwrap_or(0)))
    }
}

/// Returns the newest messages of a thread if they are these drafts: an earlier attempt has added them, and its response was lost.
pub async fn already_added(
    store: &TenantStore,
    conversation: ConversationId,
    drafts: &[MessageDraft],
) -> Result<Option<Vec<Message>>, Problem> {
    let thread = Thread { conversation, order: Order::Desc, after: None, limit: drafts.len() };
    let mut newest = match messages::list(store, thread).await {
        Ok(page) => page.messages,
        Err(AppError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    newest.reverse();
    let since = store.clock().now().plus_seconds(-RETRIED_WITHIN_SECONDS);
    let is_same = newest.len() == drafts.len()
        && newest.iter().zip(drafts).all(|(message, draft)| message.draft == *draft && message.created_at() >= since);
    Ok(is_same.then_some(newest))
}
