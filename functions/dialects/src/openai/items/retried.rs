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
/// How long after an attempt the next one arrives, at most: an attempt is answered within 30 seconds, and the SDKs wait up to 60 seconds
/// for the next one. The items of another call that are equal must not be taken for those of an earlier attempt.
const SECONDS_OF_ATTEMPT: i64 = 90;
/// The most earlier attempts that count.
const MOST_ATTEMPTS: u32 = 20;

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

/// Returns the messages that an earlier attempt has added, whose response was lost. If all items have ids of the caller, they are found by
/// them, wherever they are. Else they must be the newest ones of the thread.
pub async fn already_added(
    store: &TenantStore,
    conversation: ConversationId,
    drafts: &[MessageDraft],
    retry: &RetryCount,
) -> Result<Option<Vec<Message>>, Problem> {
    let own: Option<Vec<_>> = drafts.iter().map(|draft| draft.external_id.as_ref()).collect();
    let Some(own) = own else { return newest(store, conversation, drafts, retry).await };
    let mut added = Vec::new();
    for (id, draft) in own.into_iter().zip(drafts) {
        let Some(id) = messages::find(store, conversation, id).await? else { return Ok(None) };
        match messages::get(store, conversation, id).await {
            Ok(message) if message.draft == *draft => added.push(message),
            Ok(_) | Err(AppError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(added))
}

/// Returns the newest messages of a thread if they are these drafts, and as new as an earlier attempt.
async fn newest(
    store: &TenantStore,
    conversation: ConversationId,
    drafts: &[MessageDraft],
    retry: &RetryCount,
) -> Result<Option<Vec<Message>>, Problem> {
    let thread = Thread { conversation, order: Order::Desc, after: None, limit: drafts.len() };
    let mut newest = match messages::list(store, thread).await {
        Ok(page) => page.messages,
        Err(AppError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    newest.reverse();
    let attempts = i64::from(retry.0.min(MOST_ATTEMPTS));
    let since = store.clock().now().plus_seconds(-attempts * SECONDS_OF_ATTEMPT);
    let is_same = newest.len() == drafts.len()
        && newest.iter().zip(drafts).all(|(message, draft)| message.draft == *draft && message.created_at() >= since);
    Ok(is_same.then_some(newest))
}
