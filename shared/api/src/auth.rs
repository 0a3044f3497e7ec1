//! Who is calling: from a key to a workspace, a kind and scopes.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use deskless_domain::{ApiKeySecret, KeyKind, Scope};
use deskless_store::{Credential, TenantStore};
use http::{HeaderMap, header, request::Parts};

use crate::{
    ApiState, Code, Problem,
    idempotency::Actor,
    layers::{Extra, Trace},
    throttle,
};

/// Marker types, one for each scope: an operation's signature says which one it needs.
pub mod scope {
    use deskless_domain::Scope;

    /// A scope, as a type.
    pub trait Required: Send + Sync + 'static {
        /// The scope itself.
        const SCOPE: Scope;
    }

    macro_rules! scopes {
        ($($name:ident),+) => {$(
            #[doc = concat!("Demands [`Scope::", stringify!($name), "`].")]
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
}

/// The holder of a server key that has the scope `S`. Its [`TenantStore`] is the only way to the table.
#[derive(Debug)]
pub struct Caller<S> {
    credential: Credential,
    store: TenantStore,
    scope: PhantomData<S>,
}

impl<S> Caller<S> {
    /// The items of the caller's workspace.
    #[must_use]
    pub fn store(&self) -> &TenantStore {
        &self.store
    }

    /// The key that was used.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Demands a further scope, for a request that does more than its operation does by itself.
    ///
    /// # Errors
    /// `forbidden` when the key lacks it.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.credential.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Forbidden,
            format!("This API key lacks the scope {scope}, which this request needs too."),
        ))
    }
}

impl<S> Actor for Caller<S> {
    /// A server key acts for no customer: their place stays empty.
    fn identity(&self) -> String {
        format!("{}\n", self.credential.id)
    }
}

impl<S: scope::Required> FromRequestParts<ApiState> for Caller<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let credential = authenticated(parts, state).await?;
        if credential.kind == KeyKind::Client {
            return Err(Problem::new(
                Code::Forbidden,
                "A client key acts for one customer, and this is not open to it. Use a server key.",
            ));
        }
        admit(credential, parts, state).await
    }
}

/// Who holds the key, as the log shall know too.
pub(crate) async fn authenticated(parts: &Parts, state: &ApiState) -> Result<Credential, Problem> {
    let credential = authenticate(&parts.headers, state).await?;
    if let Some(trace) = parts.extensions.get::<Trace>() {
        trace.identify(&credential);
    }
    Ok(credential)
}

/// Lets the holder of a server key in, if the key allows it and was not used too often.
pub(crate) async fn admit<S: scope::Required>(
    credential: Credential,
    parts: &Parts,
    state: &ApiState,
) -> Result<Caller<S>, Problem> {
    let store = state.store().tenant(&credential);
    throttle::server(&store, &credential, &Extra::of(parts)).await?;
    demand(&credential, &parts.headers, S::SCOPE)?;
    Ok(Caller { credential, store, scope: PhantomData })
}

async fn authenticate(headers: &HeaderMap, state: &ApiState) -> Result<Credential, Problem> {
    let unauthorized = |detail: &str| Problem::new(Code::Unauthorized, detail);
    let secret = ApiKeySecret::parse(&presented(headers)?)
        .map_err(|_| unauthorized("This is not an API key: it is mistyped or cut off."))?;
    let credential = state
        .store()
        .find_key(&secret)
        .await?
        .filter(|key| key.revoked_at.is_none())
        .ok_or_else(|| unauthorized("This API key is unknown or was revoked."))?;
    if credential.expires_at.is_some_and(|end| end <= state.clock().now()) {
        return Err(Problem::new(Code::KeyExpired, "This API key has expired. Ask for a new one."));
    }
    Ok(credential)
}

/// The key that the request presents, in either header.
fn presented(headers: &HeaderMap) -> Result<String, Problem> {
    let unauthorized = |detail: &str| Problem::new(Code::Unauthorized, detail);
    let text = |name: &str| -> Result<Option<String>, Problem> {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value
                .to_str()
                .map(|value| Some(value.trim().to_owned()))
                .map_err(|_| unauthorized("The API key holds characters that no key has.")),
            (Some(_), Some(_)) => Err(unauthorized("There is more than one API key in the request.")),
        }
    };
    let bearer = match text(header::AUTHORIZATION.as_str())? {
        None => None,
        Some(value) => match value.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Some(key.trim().to_owned()),
            _ => return Err(unauthorized("Authorization must read: Bearer, a space, the API key.")),
        },
    };
    match (bearer, text("x-api-key")?) {
        (None, None) => Err(unauthorized(
            "There is no API key in the request. Send it as Authorization: Bearer <key> or as X-API-Key: <key>.",
        )),
        (Some(a), Some(b)) if a != b => {
            Err(unauthorized("Authorization and X-API-Key hold different keys. Send one of them."))
        }
        (Some(key), _) | (None, Some(key)) => Ok(key),
    }
}

/// Demands that the key may be used from there and has the scope.
pub(crate) fn demand(credential: &Credential, headers: &HeaderMap, needed: Scope) -> Result<(), Problem> {
    let forbidden = |detail: String| Err(Problem::new(Code::Forbidden, detail));
    if !credential.allowed_origins.is_empty() {
        let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
        if !credential.allowed_origins.iter().any(|allowed| Some(allowed.as_str()) == origin) {
            return forbidden(match origin {
                Some(origin) => format!("This API key may not be used from {origin}."),
                None => "This API key may be used from certain web origins only, and the request names none.".into(),
            });
        }
    }
    if !credential.scopes.contains(&needed) {
        return forbidden(format!("This API key lacks the scope {needed}."));
    }
    Ok(())
}
