//! Authentication with API keys, and authorization by scope, kind and web origin.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use deskless_domain::{
    ApiKeySecret, Scope,
    authorization::{self, Access, ActsFor, Audience, CallContext, Denial},
};
use deskless_store::{Credential, TenantStore};
use http::{HeaderMap, HeaderName, header, request::Parts};

use crate::{
    ApiState, Code, Problem,
    idempotency::Actor,
    layers::{Extra, Trace},
    throttle,
};

/// The header with the customer token.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-customer-token");

/// Marker types, one for each scope. An operation's signature names the scope that it requires.
pub mod scope {
    use deskless_domain::Scope;

    /// A scope as a type.
    pub trait Required: Send + Sync + 'static {
        /// The scope.
        const SCOPE: Scope;
    }

    // A macro because enum values cannot be const generic parameters in stable Rust.
    macro_rules! scopes {
        ($($name:ident),+) => {$(
            #[doc = concat!("Requires [`Scope::", stringify!($name), "`].")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Required for $name {
                const SCOPE: Scope = Scope::$name;
            }
        )+};
    }

    scopes!(ReadConversations, WriteConversations);
    scopes!(ReadFiles, WriteFiles);
    scopes!(ReadReplies, WriteReplies);
    scopes!(ReadCustomers, WriteCustomers);
    scopes!(ReadAutomations, WriteAutomations);
    scopes!(ReadWorkspace, WriteWorkspace);
    scopes!(ReadKeys, WriteKeys);
    scopes!(ReadAudit);
    scopes!(ReadEvents);
    scopes!(ReadWebhooks, WriteWebhooks);
}

/// A principal as the first argument of an operation. Its type declares what the operation requires of an API key, so that no
/// operation can lack a declaration, and the OpenAPI document cannot differ from what is checked.
pub trait Guard {
    /// What the operation requires.
    const ACCESS: Access;
}

impl<S: scope::Required> Guard for Caller<S> {
    const ACCESS: Access = Access { scope: S::SCOPE, audience: Audience::Servers };
}

/// The server principal: the holder of a server key with the scope `S`. Its [`TenantStore`] is the only access to the table.
#[derive(Debug)]
pub struct Caller<S> {
    credential: Credential,
    store: TenantStore,
    scope: PhantomData<S>,
}

impl<S> Caller<S> {
    /// Returns the store, limited to the key's workspace.
    #[must_use]
    pub fn store(&self) -> &TenantStore {
        &self.store
    }

    /// Returns the API key.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Requires another scope, for requests with fields that their operation does not always have.
    ///
    /// # Errors
    /// `forbidden` when the key does not have the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        Ok(authorization::require(&self.credential, scope)?)
    }
}

impl<S> Actor for Caller<S> {
    /// Leaves the customer empty, because a server key does not act for one.
    fn identity(&self) -> String {
        format!("{}\n", self.credential.id)
    }
}

impl<S: scope::Required> FromRequestParts<ApiState> for Caller<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let credential = authenticated(parts, state).await?;
        // A client key is refused before it is counted, and a server key after.
        if credential.kind == deskless_domain::KeyKind::Client {
            authorize(&credential, parts, Self::ACCESS)?;
        }
        admit(credential, parts, state, Self::ACCESS).await
    }
}

/// Authenticates the API key and records it for the log line.
pub(crate) async fn authenticated(parts: &Parts, state: &ApiState) -> Result<Credential, Problem> {
    let credential = authenticate(&parts.headers, state).await?;
    if let Some(trace) = parts.extensions.get::<Trace>() {
        trace.identify(&credential);
    }
    Ok(credential)
}

/// Checks the rate limit of a server key, and that it may call the operation.
pub(crate) async fn admit<S>(
    credential: Credential,
    parts: &Parts,
    state: &ApiState,
    access: Access,
) -> Result<Caller<S>, Problem> {
    let store = tenant(&credential, parts, state);
    throttle::server(&store, &credential, &Extra::of(parts)).await?;
    authorize(&credential, parts, access)?;
    Ok(Caller { credential, store, scope: PhantomData })
}

/// Returns the store of a key's workspace, for this request.
pub(crate) fn tenant(credential: &Credential, parts: &Parts, state: &ApiState) -> TenantStore {
    let store = state.store().tenant(credential);
    match parts.extensions.get::<Trace>() {
        Some(trace) => store.in_request(trace.request_id()),
        None => store,
    }
}

/// Checks that the key may call the operation, and returns for whom it acts. The response shows the resource only if the key may
/// read it.
pub(crate) fn authorize(credential: &Credential, parts: &Parts, access: Access) -> Result<ActsFor, Problem> {
    let context = CallContext {
        origin: parts.headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()),
        has_token: parts.headers.contains_key(TOKEN),
    };
    let acts_for = authorization::may_call(credential, access, context)?;
    if !authorization::may_see(credential, access.scope) {
        Extra::of(parts).hide_resource();
    }
    Ok(acts_for)
}

async fn authenticate(headers: &HeaderMap, state: &ApiState) -> Result<Credential, Problem> {
    let unauthorized = |detail: &str| Problem::new(Code::Unauthorized, detail);
    let secret = ApiKeySecret::parse(&presented(headers)?)
        .map_err(|_| unauthorized("The API key is malformed. Check that it is complete and has no typos."))?;
    let found = state.store().find_key(&secret).await?;
    let credential = found.ok_or(Denial::Revoked)?;
    authorization::is_usable(&credential, state.clock().now())?;
    Ok(credential)
}

/// Returns the API key of the request, from either header.
fn presented(headers: &HeaderMap) -> Result<String, Problem> {
    let unauthorized = |detail: &str| Problem::new(Code::Unauthorized, detail);
    let text = |name: &str| -> Result<Option<String>, Problem> {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(|value| Some(value.trim().to_owned())).map_err(|_| {
                unauthorized(&format!(
                    "The `{name}` header has characters that are not ASCII. Copy the key again: keys are ASCII."
                ))
            }),
            (Some(_), Some(_)) => {
                Err(unauthorized(&format!("The request has more than one `{name}` header. Send it once.")))
            }
        }
    };
    let bearer = match text("Authorization")? {
        None => None,
        Some(value) => match value.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Some(key.trim().to_owned()),
            _ => return Err(unauthorized("The `Authorization` header must have the form `Bearer <key>`.")),
        },
    };
    match (bearer, text("X-API-Key")?) {
        (None, None) => Err(unauthorized(
            "The request has no API key. Send it as `Authorization: Bearer <key>` or `X-API-Key: <key>`.",
        )),
        (Some(a), Some(b)) if a != b => {
            Err(unauthorized("The headers `Authorization` and `X-API-Key` have different keys. Send one of them."))
        }
        (Some(key), _) | (None, Some(key)) => Ok(key),
    }
}
