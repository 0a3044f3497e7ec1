//! How often a key may be used, and how that is said: the `RateLimit` header fields of the IETF's draft.

use deskless_domain::{CustomerId, RateLimit};
use deskless_store::{Allowance, Credential, RateBucket, TenantStore};
use http::{HeaderName, HeaderValue};

use crate::{Problem, layers::Extra};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// For whom a client key's request is.
pub(crate) enum Visitor<'c> {
    Customer(&'c CustomerId),
    Anonymous,
}

/// Takes one request out of a server key's bucket.
pub(crate) async fn server(store: &TenantStore, key: &Credential, extra: &Extra) -> Result<(), Problem> {
    let all = store.take(&RateBucket::Key(key.id), key.rate_limit.unwrap_or_default()).await;
    answer(extra, &[("default", all)])
}

/// Takes one request out of a visitor's bucket and then out of the client key's: who has used up their own takes nothing
/// from the others.
pub(crate) async fn client(
    store: &TenantStore,
    key: &Credential,
    visitor: Visitor<'_>,
    extra: &Extra,
) -> Result<(), Problem> {
    let limit = key.rate_limit.unwrap_or_default();
    let (name, bucket) = match visitor {
        Visitor::Customer(customer) => ("customer", RateBucket::Customer(key.id, customer.clone())),
        Visitor::Anonymous => ("anonymous", RateBucket::Anonymous(key.id)),
    };
    let own = store.take(&bucket, limit.of_one_visitor()).await;
    if !own.granted {
        return answer(extra, &[(name, own)]);
    }
    let all = store.take(&RateBucket::Key(key.id), limit).await;
    answer(extra, &[("default", all), (name, own)])
}

/// Says what is left, and refuses where nothing is.
fn answer(extra: &Extra, buckets: &[(&str, Allowance)]) -> Result<(), Problem> {
    let join = |each: &dyn Fn(&str, &Allowance) -> String| {
        let all: Vec<_> = buckets.iter().map(|(name, bucket)| each(name, bucket)).collect();
        HeaderValue::try_from(all.join(", ")).ok()
    };
    let policy =
        join(&|name, bucket| format!("\"{name}\";q={};w={}", bucket.limit.requests(), RateLimit::WINDOW_SECONDS));
    let state = join(&|name, bucket| format!("\"{name}\";r={};t={}", bucket.remaining, bucket.resets_in));
    for (name, value) in [(POLICY, policy), (STATE, state)] {
        if let Some(value) = value {
            extra.set(name, value);
        }
    }
    match buckets.iter().find(|(_, bucket)| !bucket.granted) {
        None => Ok(()),
        Some((_, bucket)) => Err(Problem::rate_limited(bucket.limit.requests(), bucket.resets_in)),
    }
}
