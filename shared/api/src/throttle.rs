//! Rate limits, and the `RateLimit` header fields of the IETF draft (draft-ietf-httpapi-ratelimit-headers).

use deskless_domain::{CustomerId, RateLimit};
use deskless_store::{Allowance, Credential, RateSubject, TenantStore};
use futures_util::future::join;
use http::{HeaderName, HeaderValue};

use crate::{Problem, layers::Extra};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The visitor behind a client key.
pub(crate) enum Visitor<'c> {
    Customer(&'c CustomerId),
    Anonymous,
}

/// Counts a request against the limits of a server key and of its workspace.
pub(crate) async fn server(store: &TenantStore, key: &Credential, extra: &Extra) -> Result<(), Problem> {
    let all = of_key(store, key, extra).await?;
    report(extra, &[("default", all)])
}

/// Counts a request against the limits of a key and of its workspace. Returns what is left of the key's.
async fn of_key(store: &TenantStore, key: &Credential, extra: &Extra) -> Result<Allowance, Problem> {
    let (workspace, limit) = (RateSubject::Workspace(key.workspace_id), key.workspace_rate_limit());
    let subject = RateSubject::Key(key.id);
    let (workspace, all) =
        join(store.take(&workspace, limit), store.take(&subject, key.rate_limit.unwrap_or_default())).await;
    if all.granted && !workspace.granted {
        report(extra, &[("workspace", workspace)])?;
    }
    Ok(all)
}

/// Counts a request against the limit of the visitor and then that of the client key. A request over the visitor's limit does
/// not count against the key's.
pub(crate) async fn client(
    store: &TenantStore,
    key: &Credential,
    visitor: Visitor<'_>,
    extra: &Extra,
) -> Result<(), Problem> {
    let limit = key.rate_limit.unwrap_or_default();
    let (name, subject) = match visitor {
        Visitor::Customer(customer) => ("customer", RateSubject::Customer(key.id, customer.clone())),
        Visitor::Anonymous => ("anonymous", RateSubject::Anonymous(key.id)),
    };
    let own = store.take(&subject, limit.of_one_visitor()).await;
    if !own.granted {
        return report(extra, &[(name, own)]);
    }
    let all = of_key(store, key, extra).await?;
    report(extra, &[("default", all), (name, own)])
}

/// Sets the rate limit headers, and fails if a limit is exceeded.
fn report(extra: &Extra, allowances: &[(&str, Allowance)]) -> Result<(), Problem> {
    let list = |each: &dyn Fn(&str, &Allowance) -> String| {
        let all: Vec<_> = allowances.iter().map(|(name, allowance)| each(name, allowance)).collect();
        HeaderValue::try_from(all.join(", ")).ok()
    };
    let policy =
        list(&|name, allowance| format!("\"{name}\";q={};w={}", allowance.limit.requests(), RateLimit::WINDOW_SECONDS));
    let state = list(&|name, allowance| format!("\"{name}\";r={};t={}", allowance.remaining, allowance.resets_in));
    for (name, value) in [(POLICY, policy), (STATE, state)] {
        if let Some(value) = value {
            extra.set(name, value);
        }
    }
    match allowances.iter().find(|(_, allowance)| !allowance.granted) {
        None => Ok(()),
        Some((_, allowance)) => Err(Problem::rate_limited(allowance.limit.requests(), allowance.resets_in)),
    }
}
