//! How often somebody may ask: AP-50.
//!
//! Windows are the wall clock's minutes. What a window holds is counted in the table, but not one by one: a process leases a
//! block and counts in memory. What is leased never exceeds the limit; what a process does not use of its last block is
//! lost, which is at most a hundredth of the limit for each process.

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

/// How many buckets a process remembers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("10000 is not zero");
/// A request waits no longer for its lease: without an answer it passes.
const PATIENCE: Duration = Duration::from_secs(1);
/// A window's count is kept for a while, for machines whose clocks are behind.
const KEPT_FOR_SECONDS: i64 = 300;
const USED: &str = "used";
const WINDOW: i64 = RateLimit::WINDOW_SECONDS as i64;

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RateSubject {
    /// All of a key.
    Key(KeyId),
    /// Those of one customer with a client key.
    Customer(KeyId, CustomerId),
    /// Those with a client key that name no customer.
    Anonymous(KeyId),
}

impl RateSubject {
    /// How many requests of a window are counted in the process only. Most visitors ask no more than that on one machine, and
    /// their bucket costs nothing; and a thousand machines do not make as much of it as a client key has.
    fn free(&self, limit: u64) -> u64 {
        match self {
            Self::Key(_) => 0,
            Self::Customer(..) | Self::Anonymous(_) => (limit / 100).min(5),
        }
    }
}

/// What stands behind the request that leases: a hundredth of the limit.
fn block(limit: u64) -> u64 {
    (limit / 100).clamp(1, 20)
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Whether this request may go on.
    pub granted: bool,
    /// How many there are in a window.
    pub limit: RateLimit,
    /// About how many are left in this one.
    pub remaining: u64,
    /// In how many seconds the next window begins; at least 1.
    pub resets_in: u64,
}

/// The buckets of this process.
#[derive(Debug)]
pub(crate) struct Buckets(LruCache<RateSubject, Arc<Mutex<Bucket>>>);

impl Default for Buckets {
    fn default() -> Self {
        Self(LruCache::new(REMEMBERED))
    }
}

impl Buckets {
    fn bucket(&mut self, which: &RateSubject) -> Arc<Mutex<Bucket>> {
        Arc::clone(self.0.get_or_insert_ref(which, Arc::default))
    }
}

/// One window, as this process sees it.
#[derive(Debug, Default)]
struct Bucket {
    window: Option<i64>,
    limit: u64,
    /// What was leased and not used yet.
    left: u64,
    /// What the table had left to lease, when it was last asked.
    rest: u64,
}

impl TenantStore {
    /// Takes one request out of a bucket. Only one in `limit / 100 + 1` (of at most 21) asks the table, with one write. Where
    /// the table does not answer, requests pass: a limit that cannot be counted is no reason to be unavailable.
    pub async fn take(&self, which: &RateSubject, limit: RateLimit) -> Allowance {
        let now = self.clock().now();
        let window = now.as_seconds().div_euclid(WINDOW);
        let all = u64::from(limit.requests());
        let bucket = self.buckets().bucket(which);
        // Requests that come at once wait for one lease, and do not take one each.
        let mut bucket = bucket.lock().await;
        // A limit that was changed is asked for anew; what was used counts.
        if (bucket.window, bucket.limit) != (Some(window), all) {
            *bucket = Bucket { window: Some(window), limit: all, left: which.free(all), rest: all };
        }
        if bucket.left == 0 && bucket.rest > 0 {
            let asked = 1 + block(all);
            match tokio::time::timeout(PATIENCE, self.lease(which, window, asked)).await {
                Ok(Ok(used)) => {
                    bucket.rest = all.saturating_sub(used);
                    bucket.left = all.saturating_sub(used.saturating_sub(asked)).min(asked);
                }
                Ok(Err(_)) | Err(_) => bucket.left = asked,
            }
        }
        let granted = bucket.left > 0;
        bucket.left = bucket.left.saturating_sub(1);
        let remaining = if granted { (bucket.left + bucket.rest).min(all - 1) } else { 0 };
        Allowance { granted, limit, remaining, resets_in: until(window + 1, now) }
    }

    /// AP-50: adds to what is leased of a window and says how much that is now. It is added even where nothing is left: then
    /// this process asks no more until the next window.
    async fn lease(&self, which: &RateSubject, window: i64, asked: u64) -> Result<u64, StoreError> {
        let mut update = Update::default();
        update.add(USED, asked);
        update.set("expiresAt", number((window + 1) * WINDOW + KEPT_FOR_SECONDS));
        let output = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.keys().rate_bucket(which, window).attributes()))
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
            .ok_or_else(|| StoreError::Internal("a rate bucket gave no number".to_owned()))
    }
}

/// Whole seconds until a window begins, at least 1.
fn until(window: i64, now: Timestamp) -> u64 {
    let millis = (window * WINDOW * 1000 - now.as_millis()).max(1);
    u64::try_from(millis).unwrap_or(1).div_ceil(1000)
}
