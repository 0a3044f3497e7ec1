//! Who is calling, on those routes that are open to client keys too: a server key's holder, a customer, a stranger.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use deskless_domain::{CustomerId, Identity, IdentitySource, KeyKind};
use deskless_store::{Credential, CustomerStore, TenantStore};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};

use crate::{
    ApiState, Caller, Code, Problem,
    auth::{admit, authenticated, demand, scope},
    idempotency::Actor,
    layers::Extra,
    throttle::{self, Visitor},
    token::{self, Presented},
};

const TOKEN: HeaderName = HeaderName::from_static("x-customer-token");

/// Whoever may call an operation that is open to customers. What a customer may do, their [`CustomerStore`] has; nothing
/// leads from it to the rest of the workspace, so an operation cannot forget whose a conversation is.
#[derive(Debug)]
pub enum Party<S> {
    /// The holder of a server key.
    Server(Caller<S>),
    /// A customer, who was named by a token.
    Customer(CustomerCaller),
}

/// Whoever may open a conversation: also somebody of whom nothing is known.
#[derive(Debug)]
pub enum Opener<S> {
    /// The holder of a server key.
    Server(Caller<S>),
    /// A customer, who was named by a token.
    Customer(CustomerCaller),
    /// Somebody with a client key and no token.
    Stranger(StrangerCaller),
}

/// A customer who calls with a client key.
#[derive(Debug)]
pub struct CustomerCaller {
    credential: Credential,
    store: CustomerStore,
}

impl CustomerCaller {
    /// What the customer may touch.
    #[must_use]
    pub fn store(&self) -> &CustomerStore {
        &self.store
    }

    /// Who they are.
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

/// Somebody who calls with a client key and says nothing of who they are: they become a new customer.
#[derive(Debug)]
pub struct StrangerCaller {
    credential: Credential,
    store: CustomerStore,
    token: String,
}

impl StrangerCaller {
    /// What the new customer may touch.
    #[must_use]
    pub fn store(&self) -> &CustomerStore {
        &self.store
    }

    /// The token by which they are known from now on.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Actor for StrangerCaller {
    /// A repeat comes from somebody who is not known yet either. No customer's id has a star.
    fn identity(&self) -> String {
        format!("{}\n*", self.credential.id)
    }
}

impl<S: scope::Required> FromRequestParts<ApiState> for Party<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        match Opener::<S>::of(parts, state, false).await? {
            Opener::Server(caller) => Ok(Self::Server(caller)),
            Opener::Customer(caller) => Ok(Self::Customer(caller)),
            Opener::Stranger(_) => Err(Problem::internal("a stranger was let in")),
        }
    }
}

impl<S: scope::Required> FromRequestParts<ApiState> for Opener<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        Self::of(parts, state, true).await
    }
}

impl<S: scope::Required> Opener<S> {
    async fn of(parts: &Parts, state: &ApiState, admits_strangers: bool) -> Result<Self, Problem> {
        let credential = authenticated(parts, state).await?;
        if credential.kind == KeyKind::Server {
            return admit(credential, parts, state).await.map(Self::Server);
        }
        let extra = Extra::of(parts);
        let tenant = state.store().tenant(&credential);
        demand(&credential, &parts.headers, S::SCOPE)?;
        match presented(&parts.headers)? {
            Some(text) => {
                let store = known(&tenant, text, state, &extra).await?;
                throttle::client(&tenant, &credential, Visitor::Customer(store.customer()), &extra).await?;
                Ok(Self::Customer(CustomerCaller { credential, store }))
            }
            None if admits_strangers => {
                throttle::client(&tenant, &credential, Visitor::Nobody, &extra).await?;
                let secret = tenant.anonymous_secret().await?;
                let customer = CustomerId::anonymous(state.clock());
                let token = token::anonymous(&secret, tenant.workspace_id(), &customer, state.clock().now())?;
                let store = tenant.of_customer(customer, IdentitySource::Anonymous);
                Ok(Self::Stranger(StrangerCaller { credential, store, token }))
            }
            None => Err(Problem::new(
                Code::Forbidden,
                "A client key acts for one customer, and the request names none. Send their token as X-Customer-Token.",
            )),
        }
    }
}

/// The token that the request presents.
fn presented(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(TOKEN).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text.trim())),
        _ => Err(Problem::new(Code::Unauthorized, "X-Customer-Token must be given once, and be a JWT.")),
    }
}

/// The customer whom a token names. An anonymous customer's token is renewed on the way.
async fn known(tenant: &TenantStore, text: &str, state: &ApiState, extra: &Extra) -> Result<CustomerStore, Problem> {
    let presented = Presented::parse(text)?;
    let now = state.clock().now();
    let mut identity: Arc<Identity> = tenant.identity().await?;
    if !presented.is_known(&identity, now) {
        identity = tenant.identity_now().await?;
    }
    let verified = presented.verify(tenant.workspace_id(), &identity, now)?;
    let renewed = verified.renewed(tenant.workspace_id(), &identity, now);
    if let Some(token) = renewed.and_then(|token| HeaderValue::try_from(token).ok()) {
        extra.set(TOKEN, token);
    }
    Ok(tenant.of_customer(verified.customer, verified.source))
}
