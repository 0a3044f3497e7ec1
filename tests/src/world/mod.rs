//! A world: a fresh table, a clock and two workspaces for one test.

mod deliveries;
mod items;
mod keys;
mod machine;
mod shared_engine;
mod stream;
mod timers;

use std::sync::{
    Arc, LazyLock, Mutex,
    atomic::{AtomicU64, Ordering},
};

use axum::Router;
use deskless_domain::{BodyLimit, Clock, KeyKind, RateLimit, Title, WorkspaceId};
use deskless_infra::{engine::Engine, s3::S3, template, worker::Worker};
use deskless_runtime::{SystemClock, local_client};
use deskless_store::{DataKeyProvider, NewKey, Operator, Store};
use tempfile::TempDir;

pub use self::{keys::KeyOptions, machine::Machine};
use self::{
    keys::make_key,
    machine::buckets_with_signing_clock,
    shared_engine::{SharedTable, delete_finished},
};
use crate::{Faults, KnownSecrets, Proxy, Role, StartedDeliveries, TestClock, TestDataKeys, WebhookServers};

/// A table, a clock and two workspaces for one test.
pub struct World {
    /// The clock of this world. Each request advances it by a second.
    pub clock: Arc<TestClock>,
    /// The store that the routes use.
    pub store: Store,
    /// The servers that webhooks reach.
    pub webhook_servers: WebhookServers,
    /// The data keys of all processes of this world.
    pub data_keys: Arc<TestDataKeys>,
    /// The deliveries that the processes of this world have started.
    pub deliveries: Arc<StartedDeliveries>,
    pub(crate) secrets: Arc<KnownSecrets>,
    /// The workspace of [`World::server_key`].
    pub workspace: WorkspaceId,
    /// The workspace of [`World::other_workspace`].
    pub other: WorkspaceId,
    operator: Operator,
    machine: Machine,
    keys: [NewKey; 3],
    direct: String,
    table: String,
    proxy: Option<Proxy>,
    /// The last sequence number delivered to each worker.
    delivered: tokio::sync::Mutex<[Option<String>; Worker::ALL.len()]>,
    _engine: Option<Engine>,
    _shared_table: Option<SharedTable>,
    pub(crate) s3: S3,
    pub(crate) objects: TempDir,
}

/// The number of index shards of new workspaces: `DESKLESS_SHARDS`, or the store's default.
static SHARDS: LazyLock<Option<u8>> = LazyLock::new(|| {
    let shards = std::env::var("DESKLESS_SHARDS").ok()?;
    Some(shards.parse().expect("DESKLESS_SHARDS is a number"))
});

/// Numbers the tables of this process. The process ID makes their names unique across processes.
static TABLES: AtomicU64 = AtomicU64::new(0);

impl World {
    /// Creates a world.
    pub async fn new() -> Self {
        Self::build(None).await
    }

    /// Creates a world with a [`Proxy`] between the store and the engine.
    pub async fn behind_proxy(faults: Faults) -> Self {
        Self::build(Some(faults)).await
    }

    async fn build(faults: Option<Faults>) -> Self {
        let ours = TABLES.fetch_add(1, Ordering::SeqCst);
        let (engine, direct, seed) = if let Ok(url) = std::env::var("DESKLESS_ENGINE") {
            // Worlds that share an engine need different seeds, because request tokens are remembered across tables.
            (None, url, (u64::from(std::process::id()) << 32) + (ours << 16))
        } else {
            let engine = Engine::in_memory().await.expect("the engine starts");
            let url = engine.url().to_owned();
            (Some(engine), url, 7)
        };
        let clock = Arc::new(TestClock::new(seed));
        let table = format!("t{}-{ours}", std::process::id());
        let definition = template::table().expect("the template has a table");
        let client = local_client(&direct);
        if engine.is_none() {
            delete_finished(&client).await;
        }
        definition.create(&client, &table).await.expect("the table is created");
        let shared_table = engine.is_none().then(|| SharedTable(table.clone()));
        let proxy = match faults {
            Some(faults) => Some(Proxy::start(&direct, faults).await),
            None => None,
        };
        let secrets = Arc::<KnownSecrets>::default();
        let data_keys = Arc::new(TestDataKeys::new(Arc::clone(&secrets)));
        let deliveries = Arc::<StartedDeliveries>::default();
        let objects = TempDir::new().expect("a folder");
        let s3 = S3::on_folder(objects.path(), 0).await.expect("S3 starts");
        let endpoint = proxy.as_ref().map_or(direct.as_str(), Proxy::url);
        let webhook_servers = WebhookServers::new(Arc::clone(&clock));
        let mut machine = Machine::new(
            endpoint,
            &table,
            buckets_with_signing_clock(&s3, &(Arc::new(SystemClock) as Arc<dyn Clock>)),
            (Arc::clone(&data_keys), Arc::clone(&secrets), Arc::clone(&deliveries)),
            Arc::clone(&clock),
        );
        machine.send_with(webhook_servers.shared_client());
        // Keys and workspaces are created without the proxy, so that faults apply only to the test itself.
        let store = Store::new(local_client(&direct), table.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
        // Calls of the operator are no calls of a function.
        let keys: Arc<dyn DataKeyProvider> = Arc::new(TestDataKeys::new(Arc::clone(&secrets)));
        let operator = Operator::new(store.with_data_keys(Some(keys)));
        let title = |text: &str| Title::parse(text.to_owned()).expect("a title");
        let workspace = operator.create_workspace(title("Ours")).await.expect("a workspace").id;
        let other = operator.create_workspace(title("Theirs")).await.expect("a workspace").id;
        for workspace in [workspace, other] {
            // Tests of rate limits set their own.
            operator.set_rate_limit(workspace, RateLimit::MAX).await.expect("the workspace exists");
            if let Some(shards) = *SHARDS {
                items::set_shards(&direct, &table, workspace, shards).await;
            }
        }
        let make = async |workspace, options| {
            let key = make_key(&operator, workspace, options).await;
            secrets.note(key.secret.reveal());
            key
        };
        let keys = [
            make(workspace, KeyOptions::default()).await,
            make(workspace, KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await,
            make(other, KeyOptions::default()).await,
        ];
        let store = machine.store.clone();
        Self {
            webhook_servers,
            clock,
            store,
            data_keys,
            deliveries,
            secrets,
            workspace,
            other,
            operator,
            machine,
            keys,
            direct,
            table,
            proxy,
            delivered: tokio::sync::Mutex::default(),
            _engine: engine,
            _shared_table: shared_table,
            s3,
            objects,
        }
    }

    /// Sets the limit of all requests of our workspace together.
    ///
    /// # Panics
    /// If the engine does not respond.
    pub async fn limit_workspace(&self, limit: RateLimit) {
        self.operator.set_rate_limit(self.workspace, limit).await.expect("the workspace exists");
    }

    /// Sets the limit of message bodies in our workspace.
    ///
    /// # Panics
    /// If the engine does not respond.
    pub async fn limit_bodies(&self, characters: u32) {
        let limit = BodyLimit::new(characters).expect("a limit");
        self.operator.set_body_limit(self.workspace, limit).await.expect("the workspace exists");
        // Until every process knows it.
        self.clock.advance_millis(20_000);
    }

    /// Returns the operator of the table, without the proxy.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Returns a caller without a key.
    #[must_use]
    pub fn anon(&self) -> Role<'_> {
        Role::new(&self.machine, None)
    }

    /// Returns a caller with the server key of our workspace.
    #[must_use]
    pub fn server_key(&self) -> Role<'_> {
        self.with_key(&self.keys[0])
    }

    /// Returns a caller with the client key of our workspace.
    #[must_use]
    pub fn client_key(&self) -> Role<'_> {
        self.with_key(&self.keys[1])
    }

    /// Returns a caller with the server key of the other workspace.
    #[must_use]
    pub fn other_workspace(&self) -> Role<'_> {
        self.with_key(&self.keys[2])
    }

    /// Returns a caller with this key.
    #[must_use]
    pub fn with_key(&self, key: &NewKey) -> Role<'_> {
        self.with_secret(key.secret.reveal())
    }

    /// Returns a caller that sends this text as its key.
    #[must_use]
    pub fn with_secret(&self, secret: &str) -> Role<'_> {
        Role::new(&self.machine, Some(secret.to_owned()))
    }

    /// Returns the proxy. Panics if the world was created without one.
    #[must_use]
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("this world was made with a proxy")
    }

    /// Returns the store of our workspace.
    pub async fn tenant(&self) -> deskless_store::TenantStore {
        self.operator.workspace(self.workspace).await.expect("our workspace")
    }

    /// Returns the store of our workspace as a function has it: with its caches, and behind the proxy if there is one.
    ///
    /// # Panics
    /// If the engine does not respond.
    pub async fn function_tenant(&self) -> deskless_store::TenantStore {
        Operator::new(self.store.clone()).workspace(self.workspace).await.expect("our workspace")
    }

    /// Returns a router with all routes.
    pub fn router(&self) -> Router {
        self.machine.router()
    }

    /// Returns the engine's URL, for separate processes.
    #[must_use]
    pub fn engine_url(&self) -> &str {
        &self.direct
    }

    /// Returns the table's name, for separate processes.
    #[must_use]
    pub fn table_name(&self) -> &str {
        &self.table
    }

    /// Starts recording requests and responses: routes, paths, header names and bodies.
    pub fn record_traffic(&self) {
        let _ = self.machine.traffic.get_or_init(Mutex::default);
    }

    /// Returns everything recorded so far as text.
    #[must_use]
    pub fn traffic(&self) -> String {
        let recorded = self.machine.traffic.get().map(|traffic| traffic.lock().map(|text| text.clone()));
        recorded.and_then(Result::ok).unwrap_or_default()
    }
}
