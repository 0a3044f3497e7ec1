//! Authorization: what a principal may do, grant and see. Every such decision is made here, from the API key's scopes, kind,
//! lifetime, origins and rate limit. The other layers ask, and translate a [`Denial`].
//!
//! - [`may_call`]: may this key call this operation, in this way?
//! - [`require`]: does this key have another scope, which only some requests of an operation need?
//! - [`may_grant`]: may this key give another key these rights?
//! - [`may_automate`]: may this key save or run an automation with these actions?
//! - [`may_continue`]: may work that this key started go on in the background?
//! - [`may_see`]: may a response to this key show the resource?
//! - [`customer_may_see`]: may the customer of a conversation see its file?

mod background;
mod call;
mod grant;

pub use background::{may_automate, may_continue};
pub use call::{Access, ActsFor, Audience, CallContext, customer_may_see, is_usable, may_call, may_see, require};
pub use grant::{KeyTerms, may_grant};

use crate::{RateLimit, Scope, Timestamp};

/// Why a principal may not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// The key is revoked.
    Revoked,
    /// The key has expired.
    Expired,
    /// A client key calls an operation for server keys.
    ClientKey,
    /// A server key comes with a customer token. It acts for the workspace, so the token would have no effect.
    TokenWithServerKey,
    /// A client key calls an operation for customers without a customer token.
    NoToken,
    /// The key is limited to web origins, and the request comes from another one. `None` if it names none.
    Origin(Option<String>),
    /// The key lacks a scope.
    MissingScope(Scope),
    /// The key would give another key more than it has itself.
    Grant(Excess),
}

/// The part of another key's rights that the granting key does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excess {
    /// The other key would work longer than the granting key, which expires at this time.
    Lifetime(Timestamp),
    /// The other key would work from web origins that the granting key is not allowed.
    Origins,
    /// The other key would have a higher rate limit than the granting key, which has this one.
    RateLimit(RateLimit),
    /// The other key has this scope, which the granting key lacks, and would have it for longer.
    LifetimeOf(Scope),
    /// The other key has this scope, which the granting key lacks, and would have it from more web origins.
    OriginsOf(Scope),
    /// The other key has this scope, which the granting key lacks, and would have it with a higher rate limit.
    RateLimitOf(Scope),
}
