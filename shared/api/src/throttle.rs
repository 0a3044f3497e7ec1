//! Rate limits, and the `RateLimit` header fields of the IETF draft (draft-ietf-httpapi-ratelimit-headers).

use deskless_domain::{CustomerId, RateLimit};
use deskless_store::{Allowance, Credential, RateSubject, TenantStore};
use futures_util::future::{join, join_all};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Problem, layers::Extra};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The visitor behind a client key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Visitor<'c> {
    /// A customer whose token the workspace signed.
    Customer(&'c CustomerId),
    /// A customer with a token from an earlier request without one.
    Anonymous(&'c CustomerId),
    /// A visitor without a token.
    Unknown,
}

/// A limit that a request counts against.
#[derive(Debug, Clone)]
struct Limit {
    /// The name in the headers.
    name: &'static str,
    subject: RateSubject,
    rate: RateLimit,
}

/// The limits that a request was counted against, for the work that it turns out to be.
#[derive(Debug)]
pub(crate) struct Bill {
    store: TenantStore,
    limits: Vec<(Limit, Allowance)>,
    workspace: Limit,
}

impl Bill {
    /// Counts the work of the request against all limits, and updates the headers. Nothing is refused: the request was carried
    /// out. Later requests of this minute are.
    pub async fn settle(self, headers: &mut HeaderMap) {
        let requests = self.store.work().additional_requests();
        if requests == 0 {
            return;
        }
        let charge = |limit: &Limit| {
            let (subject, limit) = (limit.subject.clone(), limit.rate);
            let store = &self.store;
            async move { store.charge(&subject, limit, requests).await }
        };
        let of_visitor = join_all(self.limits.iter().map(|(limit, _)| charge(limit)));
        let (remaining, _) = join(of_visitor, charge(&self.workspace)).await;
        let charged: Vec<_> = self
            .limits
            .iter()
            .zip(remaining)
            .map(|((limit, allowance), remaining)| (limit.name, Allowance { remaining, ..*allowance }))
            .collect();
        for (name, value) in fields(&charged) {
            headers.insert(name, value);
        }
    }
}

/// Counts a request against the limits of a server key and of its workspace.
pub(crate) async fn server(store: &TenantStore, key: &Credential, extra: &Extra) -> Result<(), Problem> {
    count(store, key, Vec::new(), extra).await
}

/// Counts a request against the limits of the visitor and then those of the client key and its workspace. A request over the
/// visitor's limit does not count against the key's.
pub(crate) async fn client(
    store: &TenantStore,
    key: &Credential,
    visitor: Visitor<'_>,
    extra: &Extra,
) -> Result<(), Problem> {
    let all = key.rate_limit.unwrap_or_default();
    let of_one = |name, subject| Limit { name, subject, rate: all.of_one_visitor() };
    let of_anonymous =
        Limit { name: "anonymous", subject: RateSubject::Anonymous(key.id), rate: all.of_anonymous_visitors() };
    let limits = match visitor {
        Visitor::Customer(customer) => vec![of_one("customer", RateSubject::Customer(key.id, customer.clone()))],
        Visitor::Anonymous(customer) => {
            vec![of_one("customer", RateSubject::Customer(key.id, customer.clone())), of_anonymous]
        }
        Visitor::Unknown => vec![of_one("opening", RateSubject::Opening(key.id)), of_anonymous],
    };
    count(store, key, limits, extra).await
}

/// Takes a request from these limits, one after another, and then from those of the key and the workspace.
async fn count(store: &TenantStore, key: &Credential, visitor: Vec<Limit>, extra: &Extra) -> Result<(), Problem> {
    let mut taken = Vec::with_capacity(3);
    for limit in visitor {
        let allowance = store.take(&limit.subject, limit.rate).await;
        if !allowance.granted {
            return Err(refuse(extra, limit.name, allowance));
        }
        taken.push((limit, allowance));
    }
    let workspace = Limit {
        name: "workspace",
        subject: RateSubject::Workspace(key.workspace_id),
        rate: key.workspace_rate_limit(),
    };
    let own = Limit { name: "default", subject: RateSubject::Key(key.id), rate: key.rate_limit.unwrap_or_default() };
    let (of_workspace, of_key) =
        join(store.take(&workspace.subject, workspace.rate), store.take(&own.subject, own.rate)).await;
    taken.insert(0, (own, of_key));
    let all: Vec<_> = taken.iter().map(|(limit, allowance)| (limit.name, *allowance)).collect();
    for (name, value) in fields(&all) {
        extra.set(name, value);
    }
    if !of_key.granted {
        return Err(exceeded(of_key));
    }
    if !of_workspace.granted {
        return Err(refuse(extra, workspace.name, of_workspace));
    }
    extra.bill(Bill { store: store.clone(), limits: taken, workspace });
    Ok(())
}

/// Sets the headers to one limit, and returns the problem that it is exceeded.
fn refuse(extra: &Extra, name: &str, allowance: Allowance) -> Problem {
    for (name, value) in fields(&[(name, allowance)]) {
        extra.set(name, value);
    }
    exceeded(allowance)
}

fn exceeded(allowance: Allowance) -> Problem {
    Problem::rate_limited(allowance.limit.requests(), allowance.resets_in)
}

/// Returns the header fields for these limits.
fn fields(allowances: &[(&str, Allowance)]) -> Vec<(HeaderName, HeaderValue)> {
    let list = |each: &dyn Fn(&str, &Allowance) -> String| {
        let all: Vec<_> = allowances.iter().map(|(name, allowance)| each(name, allowance)).collect();
        HeaderValue::try_from(all.join(", ")).ok()
    };
    let policy =
        list(&|name, allowance| format!("\"{name}\";q={};w={}", allowance.limit.requests(), RateLimit::WINDOW_SECONDS));
    let state = list(&|name, allowance| format!("\"{name}\";r={};t={}", allowance.remaining, allowance.resets_in));
    [(POLICY, policy), (STATE, state)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
