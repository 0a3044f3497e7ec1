//! Rate limits: AP-50.
//!
//! A window is one minute of the wall clock. Requests are not counted in the table one by one: a process leases a block of
//! them and counts it down in memory. The leases never exceed the limit. The unused rest of a process's last block is lost,
//! which is at most a hundredth of the limit per process.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::ReturnValue;
use deskless_domain::{CustomerId, KeyId, RateLimit, Timestamp};
use lru::LruCache;
use tokio::sync::Mutex;

use crate::{
    StoreError, TenantStore,
    expression::{Update, number},
    item::integer,
};

/// The maximum number of windows that a process caches.
const CACHED: NonZeroUsize = NonZeroUsize::new(10_000).expect("10000 is not zero");
/// The timeout of a lease. After it the request is allowed.
const LEASE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a window's count is stored after its end, for machines whose clocks are behind: five minutes.
const KEPT_FOR_SECONDS: i64 = 300;
const USED: &str = "used";
const WINDOW: i64 = RateLimit::WINDOW_SECONDS as i64;

/// Who is limited: the requests that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RateSubject {
    /// All requests with an API key.
    Key(KeyId),
    /// The requests of one customer with a client key.
    Customer(KeyId, CustomerId),
    /// The requests without a customer with a client key.
    Anonymous(KeyId),
}

impl RateSubject {
    /// Returns the number of requests per window that are counted in the process only. Most visitors send no more than that
    /// to one machine, so their windows cost nothing.
    fn uncounted(&self, limit: u64) -> u64 {
        match self {
            Self::Key(_) => 0,
            Self::Customer(..) | Self::Anonymous(_) => (limit / 100).min(5),
        }
    }
}

/// Returns the size of the block that is leased with a request: a hundredth of the limit, from 1 to 20.
fn block(limit: u64) -> u64 {
    (limit / 100).clamp(1, 20)
}

/// The result of taking a request from a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Whether the request is allowed.
    pub granted: bool,
    /// The limit per window.
    pub limit: RateLimit,
    /// The approximate number of requests left in this window.
    pub remaining: u64,
    /// The number of seconds until the next window, at least 1.
    pub resets_in: u64,
}

/// The windows that this process caches.
#[derive(Debug)]
pub(crate) struct RateWindows(LruCache<RateSubject, Arc<Mutex<Window>>>);

impl Default for RateWindows {
    fn default() -> Self {
        Self(LruCache::new(CACHED))
    }
}

impl RateWindows {
    fn window(&mut self, subject: &RateSubject) -> Arc<Mutex<Window>> {
        Arc::clone(self.0.get_or_insert_ref(subject, Arc::default))
    }
}

/// The current window of one subject in this process.
#[derive(Debug, Default)]
struct Window {
    /// The number of the minute since 1970; `None` before the first request.
    number: Option<i64>,
    limit: u64,
    /// The leased requests that are not used yet.
    leased: u64,
    /// The number of requests that could still be leased at the time of the last lease.
    unleased: u64,
}

impl TenantStore {
    /// AP-50: takes one request from a rate limit. If DynamoDB does not respond, the request is allowed: a rate limit that
    /// cannot be counted must not make the service unavailable.
    ///
    /// A lease is the current request and a block of a hundredth of the limit (1 to 20), taken with one `ADD` without a
    /// condition. After the limit is reached, a process sends no lease until the next minute. A minute therefore never
    /// grants more than the limit and loses at most a hundredth of it for each process. From 2,000 requests a minute on, a
    /// process that serves more than 400 of them needs less than 0.05 writes per request. The first hundredth of a
    /// customer's limit (at most 5) is counted in the process only.
    pub async fn take(&self, subject: &RateSubject, limit: RateLimit) -> Allowance {
        let now = self.clock().now();
        let number = now.as_seconds().div_euclid(WINDOW);
        let total = u64::from(limit.requests());
        let window = self.rate_windows().window(subject);
        // Concurrent requests wait for one lease instead of taking one each.
        let mut window = window.lock().await;
        // After a change of the limit there is a new lease. The requests used so far still count.
        if (window.number, window.limit) != (Some(number), total) {
            let leased = subject.uncounted(total);
            *window = Window { number: Some(number), limit: total, leased, unleased: total };
        }
        if window.leased == 0 && window.unleased > 0 {
            let amount = 1 + block(total);
            match tokio::time::timeout(LEASE_TIMEOUT, self.lease(subject, number, amount)).await {
                Ok(Ok(used)) => {
                    window.unleased = total.saturating_sub(used);
                    window.leased = total.saturating_sub(used.saturating_sub(amount)).min(amount);
                }
                Ok(Err(_)) | Err(_) => window.leased = amount,
            }
        }
        let granted = window.leased > 0;
        window.leased = window.leased.saturating_sub(1);
        let remaining = if granted { (window.leased + window.unleased).min(total - 1) } else { 0 };
        Allowance { granted, limit, remaining, resets_in: seconds_until(number + 1, now) }
    }

    /// AP-50: adds to the leased amount of a window and returns the new total. The amount is added even if nothing is left.
    async fn lease(&self, subject: &RateSubject, window: i64, amount: u64) -> Result<u64, StoreError> {
        let mut update = Update::default();
        update.add(USED, amount);
        update.set("expiresAt", number((window + 1) * WINDOW + KEPT_FOR_SECONDS));
        let output = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.keys().rate_window(subject, window).attributes()))
            .update_expression(update.expression())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        output
            .attributes()
            .and_then(|attributes| integer(attributes, USED))
            .and_then(|used| u64::try_from(used).ok())
            .ok_or_else(|| StoreError::Internal("the count of a rate limit cannot be read".to_owned()))
    }
}

/// Returns the whole seconds until a window begins, at least 1.
fn seconds_until(window: i64, now: Timestamp) -> u64 {
    let millis = (window * WINDOW * 1000 - now.as_millis()).max(1);
    u64::try_from(millis).unwrap_or(1).div_ceil(1000)
}
