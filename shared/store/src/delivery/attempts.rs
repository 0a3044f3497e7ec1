//! The items of attempts: one for each run.

use deskless_domain::{Attempt, AttemptId, Reason, Timestamp, WebhookEndpointId};
use serde::{Deserialize, Serialize};

use super::LISTED_SECONDS;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    item::{self, Item, as_json, string},
    keys::{TenantKeys, run_of_sk},
    transaction::Transaction,
};

/// The most attempts that a run records.
const MOST_ATTEMPTS: usize = 200;
/// The most attempts of a run that are recorded with the beginning of the response.
const MOST_RESPONSES: usize = 10;

/// An attempt as JSON. Most are successes, so their form is short.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAttempt {
    #[serde(rename = "s")]
    sequence: u64,
    #[serde(rename = "n", default = "one", skip_serializing_if = "is_one")]
    number: u32,
    #[serde(rename = "t")]
    at: i64,
    #[serde(rename = "d")]
    duration_ms: u32,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    failure: Option<Reason>,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<i64>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttemptsItem {
    #[serde(rename = "l", with = "as_json")]
    list: Vec<StoredAttempt>,
    expires_at: i64,
}

/// A position in the list of attempts: those before this one of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptPosition {
    /// The run.
    pub run: AttemptId,
    /// The index in the run, from its oldest attempt.
    pub index: usize,
}

/// A page of attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptPage {
    /// The attempts, newest first.
    pub attempts: Vec<Attempt>,
    /// The position of the next page. `None` after the last one.
    pub next: Option<AttemptPosition>,
}

impl TenantStore {
    /// AP-194: records the attempts of a run in one item. One write unit for about 15 successes or one failure with a long response.
    /// Keeps the first 200 attempts, failures before successes, and the responses to the first ten failures.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_attempts(
        &self,
        endpoint: WebhookEndpointId,
        run: AttemptId,
        attempts: Vec<Attempt>,
    ) -> Result<(), StoreError> {
        if attempts.is_empty() {
            return Ok(());
        }
        let expires_at = self.clock().now().plus_seconds(LISTED_SECONDS).as_seconds();
        let list = bounded(attempts).into_iter().map(stored).collect();
        let item = item::write(self.keys().attempts(endpoint, run), &AttemptsItem { list, expires_at })?;
        let mut transaction = Transaction::default();
        transaction.put(self, item, Condition::none())?;
        transaction.commit(self, &mut self.backoff()).await.map(drop)
    }

    /// AP-195: lists the attempts of the last 30 days, newest first, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_attempts(
        &self,
        endpoint: WebhookEndpointId,
        before: Option<AttemptPosition>,
        limit: usize,
    ) -> Result<AttemptPage, StoreError> {
        let range = TenantKeys::attempts_to(before.map(|before| before.run));
        // Each run has at least one attempt. One run more than the limit shows whether there is another page.
        let output = self.newest_first(self.keys().deliveries(endpoint), range, limit + 2).await?;
        let mut found = Vec::new();
        let has_more = output.last_evaluated_key().is_some();
        for item in output.items.unwrap_or_default() {
            let run = run_of(&item)?;
            let AttemptsItem { list, .. } = item::read(item)?;
            let listed = list.into_iter().enumerate().rev();
            let is_before = |index: usize| before.is_none_or(|before| before.run != run || index < before.index);
            found.extend(
                listed
                    .filter(|(index, _)| is_before(*index))
                    .map(|(index, one)| (AttemptPosition { run, index }, restored(one))),
            );
        }
        let is_full = found.len() > limit || has_more;
        found.truncate(limit);
        let next = found.last().map(|(position, _)| *position).filter(|_| is_full);
        Ok(AttemptPage { attempts: found.into_iter().map(|(_, attempt)| attempt).collect(), next })
    }
}

/// Drops successes, then failures, and responses, until the list is short enough.
fn bounded(mut attempts: Vec<Attempt>) -> Vec<Attempt> {
    let failures = attempts.iter().filter(|attempt| !attempt.is_success()).count();
    let mut successes = MOST_ATTEMPTS.saturating_sub(failures);
    let mut room = MOST_ATTEMPTS;
    attempts.retain(|attempt| {
        let left = if attempt.is_success() { &mut successes } else { &mut room };
        let fits = *left > 0;
        *left = left.saturating_sub(1);
        fits
    });
    for attempt in attempts.iter_mut().filter(|attempt| attempt.response.is_some()).skip(MOST_RESPONSES) {
        attempt.response = None;
    }
    attempts
}

fn stored(attempt: Attempt) -> StoredAttempt {
    StoredAttempt {
        sequence: attempt.sequence,
        number: attempt.number,
        at: attempt.at.as_millis(),
        duration_ms: attempt.duration_ms,
        status: attempt.status,
        failure: attempt.failure,
        response: attempt.response,
        next_attempt_at: attempt.next_attempt_at.map(Timestamp::as_millis),
    }
}

fn restored(attempt: StoredAttempt) -> Attempt {
    Attempt {
        sequence: attempt.sequence,
        number: attempt.number,
        at: Timestamp::from_millis(attempt.at),
        duration_ms: attempt.duration_ms,
        status: attempt.status,
        failure: attempt.failure,
        response: attempt.response,
        next_attempt_at: attempt.next_attempt_at.map(Timestamp::from_millis),
    }
}

fn run_of(item: &Item) -> Result<AttemptId, StoreError> {
    let run = string(item, "sk").and_then(run_of_sk);
    run.ok_or_else(|| StoreError::Internal("the key of attempts cannot be read".to_owned()))
}
