//! What a request may do: the operation it calls, and what its response shows.

use super::Denial;
use crate::{ApiKey, File, KeyKind, Scope, Timestamp};

/// The principals that can call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Server keys.
    Servers,
    /// Server keys, and customers: a client key with a customer token.
    Customers,
    /// Server keys, customers, and anonymous visitors: a client key without a customer token.
    Anonymous,
}

/// What an operation requires of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The scope that every request needs.
    pub scope: Scope,
    /// Who can call the operation.
    pub audience: Audience,
}

/// The way in which a request presents its key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallContext<'r> {
    /// The web origin that the request names.
    pub origin: Option<&'r str>,
    /// Whether the request has a customer token.
    pub has_token: bool,
}

/// The principal for whom a key acts in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsFor {
    /// The workspace.
    Workspace,
    /// The customer of the token, which is still to be verified.
    Customer,
    /// An anonymous visitor.
    Anonymous,
}

/// Checks that a key is neither revoked nor expired.
///
/// # Errors
/// [`Denial::Revoked`], [`Denial::Expired`].
pub fn is_usable(key: &ApiKey, now: Timestamp) -> Result<(), Denial> {
    if key.revoked_at.is_some() {
        return Err(Denial::Revoked);
    }
    if key.expires_at.is_some_and(|end| end <= now) {
        return Err(Denial::Expired);
    }
    Ok(())
}

/// Checks that a key may call an operation, and returns for whom it acts.
///
/// # Errors
/// The first rule that the request breaks: the kind of key, the web origin, the scope, and the customer token.
pub fn may_call(key: &ApiKey, access: Access, request: CallContext<'_>) -> Result<ActsFor, Denial> {
    let principal = match (key.kind, access.audience) {
        (KeyKind::Server, _) if request.has_token => return Err(Denial::TokenWithServerKey),
        (KeyKind::Server, _) => ActsFor::Workspace,
        (KeyKind::Client, Audience::Servers) => return Err(Denial::ClientKey),
        (KeyKind::Client, _) if request.has_token => ActsFor::Customer,
        (KeyKind::Client, _) => ActsFor::Anonymous,
    };
    let allowed = &key.allowed_origins;
    if !allowed.is_empty() && !allowed.iter().any(|allowed| Some(allowed.as_str()) == request.origin) {
        return Err(Denial::Origin(request.origin.map(str::to_owned)));
    }
    require(key, access.scope)?;
    if principal == ActsFor::Anonymous && access.audience != Audience::Anonymous {
        return Err(Denial::NoToken);
    }
    Ok(principal)
}

/// Checks that a key has a scope.
///
/// # Errors
/// [`Denial::MissingScope`].
pub fn require(key: &ApiKey, scope: Scope) -> Result<(), Denial> {
    if key.scopes.contains(&scope) { Ok(()) } else { Err(Denial::MissingScope(scope)) }
}

/// Returns whether a response to an operation with this scope may show the resource. A key that may only write gets no copy of
/// what it writes to: the stored resource can have fields that the request did not send.
#[must_use]
pub fn may_see(key: &ApiKey, scope: Scope) -> bool {
    key.scopes.contains(&scope.to_read())
}

/// Returns whether the customer of a file's conversation may see it, and attach it to a message. Whether the conversation is theirs
/// is a condition of the read.
#[must_use]
pub fn customer_may_see(file: &File) -> bool {
    file.shared
}

#[cfg(test)]
mod tests {
    use super::{Access, ActsFor, Audience, CallContext, is_usable, may_call, may_see, require};
    use crate::{ApiKey, KeyKind, Origin, Scope, Timestamp, authorization::Denial, fixtures::api_key};

    const CREATE: Access = Access { scope: Scope::WriteConversations, audience: Audience::Anonymous };
    const LIST: Access = Access { scope: Scope::WriteConversations, audience: Audience::Customers };
    const DELETE: Access = Access { scope: Scope::WriteConversations, audience: Audience::Servers };
    const PLAIN: CallContext<'_> = CallContext { origin: None, has_token: false };
    const TOKEN: CallContext<'_> = CallContext { origin: None, has_token: true };

    fn key(kind: KeyKind) -> ApiKey {
        ApiKey { kind, ..api_key(&[Scope::WriteConversations]) }
    }

    #[test]
    fn audience_decides_who_may_call() {
        let (server, client) = (key(KeyKind::Server), key(KeyKind::Client));
        for access in [CREATE, LIST, DELETE] {
            assert_eq!(may_call(&server, access, PLAIN), Ok(ActsFor::Workspace));
            assert_eq!(may_call(&server, access, TOKEN), Err(Denial::TokenWithServerKey));
        }
        assert_eq!(may_call(&client, CREATE, PLAIN), Ok(ActsFor::Anonymous));
        assert_eq!(may_call(&client, CREATE, TOKEN), Ok(ActsFor::Customer));
        assert_eq!(may_call(&client, LIST, TOKEN), Ok(ActsFor::Customer));
        assert_eq!(may_call(&client, LIST, PLAIN), Err(Denial::NoToken));
        assert_eq!(may_call(&client, DELETE, TOKEN), Err(Denial::ClientKey));
    }

    #[test]
    fn origin_and_scope_are_required() {
        let origin = Origin::parse("https://a.example").expect("an origin");
        let bound = ApiKey { allowed_origins: vec![origin], ..key(KeyKind::Server) };
        let from = |origin| CallContext { origin, has_token: false };
        assert_eq!(may_call(&bound, DELETE, from(Some("https://a.example"))), Ok(ActsFor::Workspace));
        let other = Some("https://b.example".to_owned());
        assert_eq!(may_call(&bound, DELETE, from(other.as_deref())), Err(Denial::Origin(other.clone())));
        assert_eq!(may_call(&bound, DELETE, PLAIN), Err(Denial::Origin(None)));
        let reader = api_key(&[Scope::ReadConversations]);
        let missing = Denial::MissingScope(Scope::WriteConversations);
        assert_eq!(may_call(&reader, DELETE, PLAIN), Err(missing.clone()));
        assert_eq!(require(&reader, Scope::WriteConversations), Err(missing));
    }

    #[test]
    fn write_scope_shows_nothing() {
        let writer = api_key(&[Scope::WriteCustomers]);
        assert!(!may_see(&writer, Scope::WriteCustomers));
        let both = api_key(&[Scope::WriteCustomers, Scope::ReadCustomers]);
        assert!(may_see(&both, Scope::WriteCustomers) && may_see(&both, Scope::ReadCustomers));
    }

    #[test]
    fn key_is_usable_until_it_ends() {
        let end = Timestamp::from_millis(1_000);
        let (before, key) = (Timestamp::from_millis(999), api_key(&[]));
        assert_eq!(is_usable(&key, end), Ok(()));
        let expiring = ApiKey { expires_at: Some(end), ..key.clone() };
        assert_eq!((is_usable(&expiring, before), is_usable(&expiring, end)), (Ok(()), Err(Denial::Expired)));
        let revoked = ApiKey { revoked_at: Some(before), ..key };
        assert_eq!(is_usable(&revoked, end), Err(Denial::Revoked));
    }
}
