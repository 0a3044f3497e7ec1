use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::Router;
use deskless_domain::{Clock, KeyKind, Origin, Scope, Timestamp, Title, WorkspaceId};
use deskless_infra::{engine::Engine, routes, template};
use deskless_runtime::local_client;
use deskless_store::{KeyRequest, NewKey, Operator, Store};

use crate::{Faults, Proxy, Role, Row, TestClock, table};

/// A table, a clock and two workspaces that nobody else has.
pub struct World {
    /// The clock that everything here goes by. Each request moves it on by a second.
    pub clock: Arc<TestClock>,
    /// The store below the routes.
    pub store: Store,
    /// The workspace of [`World::server_key`].
    pub workspace: WorkspaceId,
    /// The workspace of [`World::other_workspace`].
    pub other: WorkspaceId,
    operator: Operator,
    router: Router,
    keys: [NewKey; 3],
    direct: String,
    table: String,
    proxy: Option<Proxy>,
    _engine: Option<Engine>,
}

/// What a key shall be, where it is not a server key with all scopes.
#[derive(Debug, Clone)]
pub struct KeyOptions {
    /// Server or client.
    pub kind: KeyKind,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// From where.
    pub origins: Vec<&'static str>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self { kind: KeyKind::Server, scopes: Scope::ALL.to_vec(), origins: Vec::new(), expires_at: None }
    }
}

/// Makes table names unique within a process; the process's id does it among processes.
static TABLES: AtomicU64 = AtomicU64::new(0);

impl World {
    /// A fresh world.
    pub async fn new() -> Self {
        Self::build(None).await
    }

    /// A fresh world with a [`Proxy`] between the store and the engine.
    pub async fn behind_proxy(faults: Faults) -> Self {
        Self::build(Some(faults)).await
    }

    async fn build(faults: Option<Faults>) -> Self {
        let clock = Arc::new(TestClock::new(7));
        let (engine, direct) = match std::env::var("DESKLESS_ENGINE") {
            Ok(url) => (None, url),
            Err(_) => {
                let engine = Engine::in_memory().await.expect("the engine starts");
                let url = engine.url().to_owned();
                (Some(engine), url)
            }
        };
        let table = format!("t{}-{}", std::process::id(), TABLES.fetch_add(1, Ordering::SeqCst));
        let definition = template::table().expect("the template has a table");
        definition.create(&local_client(&direct), &table).await.expect("the table is created");
        let proxy = match faults {
            Some(faults) => Some(Proxy::start(&direct, faults).await),
            None => None,
        };
        let client = local_client(proxy.as_ref().map_or(direct.as_str(), Proxy::url));
        let store = Store::new(client, table.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
        // Keys and workspaces are made past the proxy: faults are for what a test does.
        let operator =
            Operator::new(Store::new(local_client(&direct), table.clone(), Arc::clone(&clock) as Arc<dyn Clock>));
        let title = |text: &str| Title::parse(text.to_owned()).expect("a title");
        let workspace = operator.create_workspace(title("Ours")).await.expect("a workspace").id;
        let other = operator.create_workspace(title("Theirs")).await.expect("a workspace").id;
        let router = routes::router(store.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
        let make = async |workspace, options| make_key(&operator, workspace, options).await;
        let keys = [
            make(workspace, KeyOptions::default()).await,
            make(workspace, KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await,
            make(other, KeyOptions::default()).await,
        ];
        Self { clock, store, workspace, other, operator, router, keys, direct, table, proxy, _engine: engine }
    }

    /// Somebody without a key.
    #[must_use]
    pub fn anon(&self) -> Role<'_> {
        Role::new(self, None)
    }

    /// A back end of our workspace.
    #[must_use]
    pub fn server_key(&self) -> Role<'_> {
        self.holder_of(&self.keys[0])
    }

    /// A browser of our workspace.
    #[must_use]
    pub fn client_key(&self) -> Role<'_> {
        self.holder_of(&self.keys[1])
    }

    /// A back end of another workspace.
    #[must_use]
    pub fn other_workspace(&self) -> Role<'_> {
        self.holder_of(&self.keys[2])
    }

    /// Whoever has this key.
    #[must_use]
    pub fn holder_of(&self, key: &NewKey) -> Role<'_> {
        self.with_secret(key.secret.reveal())
    }

    /// Whoever sends this text as a key.
    #[must_use]
    pub fn with_secret(&self, secret: &str) -> Role<'_> {
        Role::new(self, Some(secret.to_owned()))
    }

    /// The server key itself.
    #[must_use]
    pub fn key(&self) -> &NewKey {
        &self.keys[0]
    }

    /// Makes another key of our workspace.
    pub async fn make_key(&self, options: KeyOptions) -> NewKey {
        make_key(&self.operator, self.workspace, options).await
    }

    /// Revokes a key of our workspace.
    pub async fn revoke(&self, key: &NewKey) {
        let tenant = self.operator.workspace(self.workspace).await.expect("our workspace");
        let _ = tenant.revoke_key(key.key.id).await.expect("the key is there");
    }

    /// The proxy, in a world that has one.
    #[must_use]
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("this world was made with a proxy")
    }

    /// Every row of the table, read past the store.
    pub async fn rows(&self) -> Vec<Row> {
        table::scan(&self.direct, &self.table).await
    }

    /// Fails with every invariant that the table breaks.
    pub async fn assert_sound(&self) {
        let broken = table::violations(&self.rows().await);
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// All routes, as the local server has them.
    #[must_use]
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

async fn make_key(operator: &Operator, workspace: WorkspaceId, options: KeyOptions) -> NewKey {
    let request = KeyRequest {
        name: Title::parse("A key".to_owned()).expect("a title"),
        kind: options.kind,
        scopes: options.scopes,
        allowed_origins: options.origins.iter().map(|o| Origin::parse(o).expect("an origin")).collect(),
        expires_at: options.expires_at,
    };
    let tenant = operator.workspace(workspace).await.expect("the workspace is there");
    tenant.create_key(request).await.expect("a key is made")
}
