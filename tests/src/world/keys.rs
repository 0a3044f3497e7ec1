//! API keys, identity secrets and customer tokens.

use deskless_api::token;
use deskless_domain::{
    Clock, CustomerId, IdentitySecret, KeyKind, Origin, Precondition, RateLimit, Scope, Timestamp, Title, WorkspaceId,
};
use deskless_store::{KeyRequest, NewKey, Operator};

use crate::World;

/// Options of a key. The default is a server key with all scopes.
#[derive(Debug, Clone)]
pub struct KeyOptions {
    /// Server or client key.
    pub kind: KeyKind,
    /// The granted scopes.
    pub scopes: Vec<Scope>,
    /// The allowed origins. Empty allows any.
    pub origins: Vec<&'static str>,
    /// The expiry, if any.
    pub expires_at: Option<Timestamp>,
    /// Requests per minute. Defaults to the maximum, because tests exceed the API's default.
    pub rate_limit: Option<RateLimit>,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self {
            kind: KeyKind::Server,
            scopes: Scope::ALL.to_vec(),
            origins: Vec::new(),
            expires_at: None,
            rate_limit: Some(RateLimit::MAX),
        }
    }
}

impl World {
    /// Returns the server key of our workspace.
    #[must_use]
    pub fn key(&self) -> &NewKey {
        &self.keys[0]
    }

    /// Returns the client key of our workspace.
    #[must_use]
    pub fn client(&self) -> &NewKey {
        &self.keys[1]
    }

    /// Returns the server key of the other workspace.
    #[must_use]
    pub fn other_key(&self) -> &NewKey {
        &self.keys[2]
    }

    /// Creates another key for our workspace.
    pub async fn make_key(&self, options: KeyOptions) -> NewKey {
        let key = make_key(&self.operator, self.workspace, options).await;
        self.secrets.note(key.secret.reveal());
        key
    }

    /// Revokes a key of our workspace.
    pub async fn revoke(&self, key: &NewKey) {
        let tenant = self.operator.workspace(self.workspace).await.expect("our workspace");
        let _ = tenant.revoke_key(key.key.id, &Precondition::NONE).await.expect("the key is there");
    }

    /// Rotates the identity secret of our workspace. The previous one stays valid for 24 hours.
    pub async fn rotate_identity(&self) -> IdentitySecret {
        let tenant = self.operator.workspace(self.workspace).await.expect("our workspace");
        self.known(tenant.rotate_identity().await.expect("a secret is made"))
    }

    fn known(&self, secret: IdentitySecret) -> IdentitySecret {
        self.secrets.note(secret.reveal());
        secret
    }

    /// Rotates the identity secret of the other workspace.
    pub async fn rotate_other_identity(&self) -> IdentitySecret {
        let tenant = self.operator.workspace(self.other).await.expect("the other workspace");
        self.known(tenant.rotate_identity().await.expect("a secret is made"))
    }

    /// Signs a customer token for our workspace, valid for an hour.
    #[must_use]
    pub fn token(&self, secret: &IdentitySecret, customer: &str) -> String {
        let customer = CustomerId::parse(customer.to_owned()).expect("a customer's id");
        let token = token::sign(secret, self.workspace, &customer, self.clock.now(), 3600).expect("a token");
        self.secrets.note(&token);
        token
    }
}

pub(super) async fn make_key(operator: &Operator, workspace: WorkspaceId, options: KeyOptions) -> NewKey {
    let request = KeyRequest {
        name: Title::parse("A key".to_owned()).expect("a title"),
        kind: options.kind,
        scopes: options.scopes,
        allowed_origins: options.origins.iter().map(|o| Origin::parse(o).expect("an origin")).collect(),
        expires_at: options.expires_at,
        rate_limit: options.rate_limit,
    };
    let tenant = operator.workspace(workspace).await.expect("the workspace is there");
    tenant.create_key(request).await.expect("a key is made")
}
