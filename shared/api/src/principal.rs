//! The principal of a request, of operations that client keys can call: server, customer or anonymous.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use deskless_domain::{
    CustomerId, Identity, IdentitySecret, IdentitySource, KeyKind, Timestamp,
    authorization::{Access, ActsFor, Audience},
};
use deskless_store::{Credential, CustomerStore, TenantStore};
use http::{HeaderMap, HeaderValue, request::Parts};

use crate::{
    ApiState, Caller, Code, Problem,
    auth::{Guard, TOKEN, admit, authenticated, authorize, scope, tenant},
    idempotency::Actor,
    layers::Extra,
    throttle::{self, Visitor},
    token::{self, Presented},
};

/// The principal of an operation that customers can call. A customer has only a [`CustomerStore`], which is limited to their own
/// conversations, so an operation cannot forget to check the owner.
#[derive(Debug)]
pub enum Principal<S> {
    /// The holder of a server key.
    Server(Caller<S>),
    /// A customer, identified by a customer token.
    Customer(CustomerCaller),
}

/// The principal of an operation that can be called with a client key and no customer token too.
#[derive(Debug)]
pub enum PrincipalOrAnonymous<S> {
    /// The holder of a server key.
    Server(Caller<S>),
    /// A customer, identified by a customer token.
    Customer(CustomerCaller),
    /// A visitor with a client key and no customer token.
    Anonymous(AnonymousCaller),
}

/// A customer who calls with a client key and a customer token.
#[derive(Debug)]
pub struct CustomerCaller {
    credential: Credential,
    store: CustomerStore,
}

impl CustomerCaller {
    /// Returns the store, limited to this customer's data.
    #[must_use]
    pub fn store(&self) -> &CustomerStore {
        &self.store
    }

    /// Returns the customer's id.
    #[must_use]
    pub fn customer(&self) -> &CustomerId {
        self.store.customer()
    }
}

impl Actor for CustomerCaller {
    fn identity(&self) -> String {
        format!("{}\n{}", self.credential.id, self.customer())
    }
}

/// A visitor who calls with a client key and no customer token. Each request gets a new anonymous customer id.
#[derive(Debug)]
pub struct AnonymousCaller {
    credential: Credential,
    store: CustomerStore,
    secret: IdentitySecret,
    now: Timestamp,
}

impl AnonymousCaller {
    /// Returns the store, limited to the new customer's data.
    #[must_use]
    pub fn store(&self) -> &CustomerStore {
        &self.store
    }

    /// Returns a token for the anonymous customer of this request, or of the earlier request that it repeats.
    ///
    /// # Errors
    /// `internal_error` when the token cannot be signed.
    pub fn token_of(&self, customer: &CustomerId) -> Result<String, Problem> {
        token::anonymous(&self.secret, self.store.workspace_id(), customer, self.now)
    }
}

impl Actor for AnonymousCaller {
    /// Leaves out the customer, because a retry has no token either. No customer id contains `*`.
    fn identity(&self) -> String {
        format!("{}\n*", self.credential.id)
    }
}

impl<S> Actor for Principal<S> {
    fn identity(&self) -> String {
        match self {
            Self::Server(caller) => caller.identity(),
            Self::Customer(caller) => caller.identity(),
        }
    }
}

impl<S: scope::Required> FromRequestParts<ApiState> for Principal<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        match PrincipalOrAnonymous::<S>::of(parts, state, Self::ACCESS).await? {
            PrincipalOrAnonymous::Server(caller) => Ok(Self::Server(caller)),
            PrincipalOrAnonymous::Customer(caller) => Ok(Self::Customer(caller)),
            PrincipalOrAnonymous::Anonymous(_) => Err(Problem::internal("an anonymous caller was admitted")),
        }
    }
}

impl<S: scope::Required> FromRequestParts<ApiState> for PrincipalOrAnonymous<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        Self::of(parts, state, Self::ACCESS).await
    }
}

impl<S: scope::Required> Guard for Principal<S> {
    const ACCESS: Access = Access { scope: S::SCOPE, audience: Audience::Customers };
}

impl<S: scope::Required> Guard for PrincipalOrAnonymous<S> {
    const ACCESS: Access = Access { scope: S::SCOPE, audience: Audience::Anonymous };
}

impl<S: scope::Required> PrincipalOrAnonymous<S> {
    async fn of(parts: &Parts, state: &ApiState, access: Access) -> Result<Self, Problem> {
        let credential = authenticated(parts, state).await?;
        if credential.kind == KeyKind::Server {
            return admit(credential, parts, state, access).await.map(Self::Server);
        }
        let extra = Extra::of(parts);
        let tenant = tenant(&credential, parts, state);
        if authorize(&credential, parts, access)? == ActsFor::Anonymous {
            throttle::client(&tenant, &credential, Visitor::Unknown, &extra).await?;
            let secret = tenant.anonymous_secret().await?;
            let customer = CustomerId::anonymous(state.clock());
            let store = tenant.of_customer(customer, IdentitySource::Anonymous);
            return Ok(Self::Anonymous(AnonymousCaller { credential, store, secret, now: state.clock().now() }));
        }
        let store = verify_customer(&tenant, presented(&parts.headers)?, state, &extra).await?;
        let visitor = match store.source() {
            IdentitySource::Anonymous => Visitor::Anonymous(store.customer()),
            IdentitySource::Headers | IdentitySource::Token => Visitor::Customer(store.customer()),
        };
        throttle::client(&tenant, &credential, visitor, &extra).await?;
        Ok(Self::Customer(CustomerCaller { credential, store }))
    }
}

/// Returns the customer token in the request.
fn presented(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(TOKEN).iter();
    let unauthorized = |detail: &str| Err(Problem::new(Code::Unauthorized, detail));
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (Some(Ok(text)), None) => Ok(text.trim()),
        (None | Some(Err(_)), None) => unauthorized("The `X-Customer-Token` header must be a JWT, which is ASCII."),
        (_, Some(_)) => unauthorized("The request has more than one `X-Customer-Token` header. Send it once."),
    }
}

/// Verifies a customer token and returns the customer's store. An anonymous customer's token that is older than a day
/// is renewed: the response has the new one.
async fn verify_customer(
    tenant: &TenantStore,
    text: &str,
    state: &ApiState,
    extra: &Extra,
) -> Result<CustomerStore, Problem> {
    let presented = Presented::parse(text)?;
    let now = state.clock().now();
    let mut identity: Arc<Identity> = tenant.identity().await?;
    if !presented.is_known(&identity, now) {
        // The secret can be newer than the cached ones.
        identity = tenant.fresh_identity().await?;
    }
    let verified = presented.verify(tenant.workspace_id(), &identity, now)?;
    let renewed = verified.renewed(tenant.workspace_id(), &identity, now);
    if let Some(token) = renewed.and_then(|token| HeaderValue::try_from(token).ok()) {
        extra.set(TOKEN, token);
    }
    Ok(tenant.of_customer(verified.customer, verified.source))
}
