//! Rate limits: AP-50.
//!
//! A window is one minute of the wall clock. Requests are not counted in the table one by one: a process leases a block of
//! them and counts it down in memory. Its first few requests in a window need no lease. Its first lease counts them
//! afterwards.
//!
//! Bounds, for a limit `n` and `p` processes that serve the subject in one minute:
//! - Granted: at most `n`, and for each process that took no lease the requests that it granted without one. Those are at
//!   most `n / 1000` for a workspace, `min(n / 1000, 5)` for a key and for all anonymous visitors together, `min(n / 100, 5)` for a
//!   visitor, and none for a key with a limit below 1,000.
//! - Work that counts as further requests is added after the response, without a lease: the next request's lease includes it. So
//!   concurrent requests can exceed the limit by their work.
//! - Refused early: at most `n / 100` requests for each process, the rest of its last block.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::ReturnValue;
use deskless_domain::{CustomerId, KeyId, RateLimit, Timestamp, WorkspaceId};
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
    /// All requests of a workspace.
    Workspace(WorkspaceId),
    /// All requests with an API key.
    Key(KeyId),
    /// The requests of one customer with a client key.
    Customer(KeyId, CustomerId),
    /// The requests of all anonymous customers, and those without a customer, with a client key.
    Anonymous(KeyId),
    /// The requests without a customer with a client key.
    Opening(KeyId),
}

impl RateSubject {
    /// Returns the number of requests per window that a process grants before its first lease. At low traffic, and for most
    /// visitors, these are all requests, so their windows cost nothing.
    fn unleased(&self, limit: u64) -> u64 {
        match self {
            Self::Workspace(_) => limit / 1000,
            Self::Key(_) | Self::Anonymous(_) => (limit / 1000).min(5),
            Self::Customer(..) | Self::Opening(_) => (limit / 100).min(5),
        }
    }

    /// Returns the size of the block that is leased with a request. For a workspace, a hundredth of the limit: few leases, because
    /// every request takes from it. For others a quarter of what the process used in this window, at least 20 and at most a
    /// hundredth of the limit.
    fn block(&self, limit: u64, used: u64) -> u64 {
        let most = (limit / 100).max(1);
        match self {
            Self::Workspace(_) => most,
            _ => (used / 4).clamp(most.min(20), most),
        }
    }
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
    /// The requests that were granted.
    used: u64,
    /// The requests that can still be granted before the first lease.
    free: u64,
    /// The requests that were granted without a lease. The first lease counts them.
    owed: u64,
    /// The leased requests that are not used yet.
    leased: u64,
    /// The number of requests that could still be leased at the time of the last lease.
    rest: u64,
}

impl Window {
    /// Starts a new window, or continues the current one. After a change of the limit the next request takes a new lease.
    /// The requests used so far still count.
    fn move_to(&mut self, number: i64, limit: u64, free: u64) {
        if self.number != Some(number) {
            *self = Self { number: Some(number), limit, free, rest: limit, ..Self::default() };
        } else if self.limit != limit {
            *self =
                Self { number: Some(number), limit, used: self.used, owed: self.owed, rest: limit, ..Self::default() };
        }
    }

    /// Grants a request if one is left. Returns whether it did.
    fn grant(&mut self) -> bool {
        if self.leased > 0 {
            self.leased -= 1;
        } else if self.free > 0 {
            self.free -= 1;
            self.owed += 1;
        } else {
            return false;
        }
        self.used += 1;
        true
    }

    /// Adds requests that are not refused. Those without a lease are owed.
    fn charge(&mut self, requests: u64) {
        self.used += requests;
        let leased = requests.min(self.leased);
        self.leased -= leased;
        let owed = requests - leased;
        self.free = self.free.saturating_sub(owed);
        self.owed += owed;
    }

    fn needs_lease(&self) -> bool {
        self.leased == 0 && self.free == 0 && self.rest > 0
    }

    /// Returns the number of requests to lease, in addition to those owed.
    fn amount(&self, subject: &RateSubject) -> u64 {
        1 + subject.block(self.limit, self.used)
    }

    /// Applies a lease of this amount and of what was owed, after which the window's total is `total`.
    fn apply(&mut self, amount: u64, total: u64) {
        let before = total.saturating_sub(amount);
        self.leased = self.limit.saturating_sub(before).min(amount);
        self.rest = self.limit.saturating_sub(total);
        self.owed = 0;
    }
}

impl TenantStore {
    /// AP-50: takes one request from a rate limit. If DynamoDB does not respond, the request is allowed: a rate limit that
    /// cannot be counted must not make the service unavailable.
    ///
    /// A lease is taken with one `ADD` without a condition. After the limit is reached, a process sends no lease until the
    /// next minute. A process that serves five requests a minute with a default key takes no lease, and one that serves 50
    /// takes three. The module's documentation has the bounds.
    pub async fn take(&self, subject: &RateSubject, limit: RateLimit) -> Allowance {
        let now = self.clock().now();
        let number = now.as_seconds().div_euclid(WINDOW);
        let total = u64::from(limit.requests());
        let window = self.rate_windows().window(subject);
        // Concurrent requests wait for one lease instead of taking one each.
        let mut window = window.lock().await;
        window.move_to(number, total, subject.unleased(total));
        if window.needs_lease() {
            let amount = window.amount(subject);
            match tokio::time::timeout(LEASE_TIMEOUT, self.lease(subject, number, window.owed + amount)).await {
                Ok(Ok(used)) => window.apply(amount, used),
                Ok(Err(_)) | Err(_) => window.leased = amount,
            }
        }
        let granted = window.grant();
        let left = (window.leased + window.rest).saturating_sub(window.owed);
        let remaining = if granted { left.min(total - 1) } else { 0 };
        Allowance { granted, limit, remaining, resets_in: seconds_until(number + 1, now) }
    }

    /// AP-50: counts requests against a rate limit that were carried out already, for the work of a request. Sends nothing: the
    /// next lease includes them. Returns the approximate number of requests left.
    pub async fn charge(&self, subject: &RateSubject, limit: RateLimit, requests: u64) -> u64 {
        let number = self.clock().now().as_seconds().div_euclid(WINDOW);
        let total = u64::from(limit.requests());
        let window = self.rate_windows().window(subject);
        let mut window = window.lock().await;
        window.move_to(number, total, subject.unleased(total));
        window.charge(requests);
        (window.leased + window.rest).saturating_sub(window.owed).min(total)
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
