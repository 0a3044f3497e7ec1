use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use axum::Router;
use deskless_api::token;
use deskless_domain::{
    Clock, CustomerId, IdentitySecret, KeyKind, Origin, RateLimit, Scope, Timestamp, Title, WorkspaceId,
};
use deskless_infra::{
    engine::Engine,
    routes,
    s3::{BUCKET, S3},
    template,
    worker::Worker,
};
use deskless_runtime::{SystemClock, local_bucket, local_client};
use deskless_store::{Bucket, KeyRequest, NewKey, Operator, Store};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Delivery, Drained, Faults, Internet, Proxy, Role, Row, TestClock, drain, drain::Source, invariants, table,
};

/// One process that serves all routes over a world's table: its own clock, its own client, its own memory of keys.
pub struct Machine {
    /// The clock that it goes by.
    pub clock: Arc<TestClock>,
    store: Store,
    router: Router,
    /// What was asked and answered, in a world that writes it down.
    traffic: OnceLock<Mutex<String>>,
}

impl Machine {
    fn new(endpoint: &str, table: &str, bucket: Bucket, clock: Arc<TestClock>) -> Self {
        let store = Store::new(local_client(endpoint), table, Arc::clone(&clock) as Arc<dyn Clock>);
        let store = store.with_bucket(Some(bucket));
        let router = routes::router(store.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
        Self { clock, store, router, traffic: OnceLock::new() }
    }

    pub(crate) fn record(&self, exchange: impl FnOnce() -> String) {
        if let Some(traffic) = self.traffic.get() {
            traffic.lock().expect("nobody panics while writing it down").push_str(&exchange());
        }
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }
}

fn bucket(s3: &S3, signing: Arc<dyn Clock>) -> Bucket {
    local_bucket(s3.url(), BUCKET, signing)
}

/// A table, a clock and two workspaces that nobody else has.
pub struct World {
    /// The clock that everything here goes by. Each request moves it on by a second.
    pub clock: Arc<TestClock>,
    /// The store below the routes.
    pub store: Store,
    /// Whom webhooks reach.
    pub internet: Internet,
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
    /// Up to where the stream was delivered to each worker.
    delivered: tokio::sync::Mutex<[Option<String>; Worker::ALL.len()]>,
    _engine: Option<Engine>,
    pub(crate) s3: S3,
    pub(crate) objects: TempDir,
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
    /// How often in a minute. Tests do more than the default allows, so theirs is the most that there is.
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
        let ours = TABLES.fetch_add(1, Ordering::SeqCst);
        let (engine, direct, seed) = if let Ok(url) = std::env::var("DESKLESS_ENGINE") {
            // Worlds that share an engine need tokens of their own: an engine remembers them across tables.
            (None, url, (u64::from(std::process::id()) << 32) + (ours << 16))
        } else {
            let engine = Engine::in_memory().await.expect("the engine starts");
            let url = engine.url().to_owned();
            (Some(engine), url, 7)
        };
        let clock = Arc::new(TestClock::new(seed));
        let table = format!("t{}-{ours}", std::process::id());
        let definition = template::table().expect("the template has a table");
        definition.create(&local_client(&direct), &table).await.expect("the table is created");
        let proxy = match faults {
            Some(faults) => Some(Proxy::start(&direct, faults).await),
            None => None,
        };
        let objects = TempDir::new().expect("a folder");
        let s3 = S3::on_folder(objects.path(), 0).await.expect("S3 starts");
        let endpoint = proxy.as_ref().map_or(direct.as_str(), Proxy::url);
        let machine = Machine::new(endpoint, &table, bucket(&s3, Arc::new(SystemClock)), Arc::clone(&clock));
        // Keys and workspaces are made past the proxy: faults are for what a test does.
        let operator =
            Operator::new(Store::new(local_client(&direct), table.clone(), Arc::clone(&clock) as Arc<dyn Clock>));
        let title = |text: &str| Title::parse(text.to_owned()).expect("a title");
        let workspace = operator.create_workspace(title("Ours")).await.expect("a workspace").id;
        let other = operator.create_workspace(title("Theirs")).await.expect("a workspace").id;
        let make = async |workspace, options| make_key(&operator, workspace, options).await;
        let keys = [
            make(workspace, KeyOptions::default()).await,
            make(workspace, KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await,
            make(other, KeyOptions::default()).await,
        ];
        let store = machine.store.clone();
        Self {
            clock,
            store,
            internet: Internet::default(),
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
            s3,
            objects,
        }
    }

    /// Writes down from now on what is asked and answered: route, path, headers' names and bodies.
    pub fn record_traffic(&self) {
        let _ = self.machine.traffic.get_or_init(Mutex::default);
    }

    /// What was asked and answered since, all in one text.
    #[must_use]
    pub fn traffic(&self) -> String {
        let recorded = self.machine.traffic.get().map(|traffic| traffic.lock().map(|text| text.clone()));
        recorded.and_then(Result::ok).unwrap_or_default()
    }

    /// Somebody without a key.
    #[must_use]
    pub fn anon(&self) -> Role<'_> {
        Role::new(&self.machine, None)
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
        Role::new(&self.machine, Some(secret.to_owned()))
    }

    /// The server key itself.
    #[must_use]
    pub fn key(&self) -> &NewKey {
        &self.keys[0]
    }

    /// The client key itself.
    #[must_use]
    pub fn client(&self) -> &NewKey {
        &self.keys[1]
    }

    /// The server key of the other workspace.
    #[must_use]
    pub fn other_key(&self) -> &NewKey {
        &self.keys[2]
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

    /// Makes a new identity secret of our workspace; the one before counts for a day.
    pub async fn rotate_identity(&self) -> IdentitySecret {
        let tenant = self.operator.workspace(self.workspace).await.expect("our workspace");
        tenant.rotate_identity().await.expect("a secret is made")
    }

    /// Makes a new identity secret of the other workspace.
    pub async fn rotate_other_identity(&self) -> IdentitySecret {
        let tenant = self.operator.workspace(self.other).await.expect("the other workspace");
        tenant.rotate_identity().await.expect("a secret is made")
    }

    /// A token as a back end of our workspace signs it, for an hour.
    #[must_use]
    pub fn token(&self, secret: &IdentitySecret, customer: &str) -> String {
        let customer = CustomerId::parse(customer.to_owned()).expect("a customer's id");
        token::sign(secret, self.workspace, &customer, self.clock.now(), 3600).expect("a token")
    }

    /// The proxy, in a world that has one.
    #[must_use]
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("this world was made with a proxy")
    }

    /// Another machine over the same table, behind the same proxy if there is one, that goes by a clock of its own.
    #[must_use]
    pub fn machine(&self, clock: TestClock) -> Machine {
        let endpoint = self.proxy.as_ref().map_or(self.direct.as_str(), Proxy::url);
        Machine::new(endpoint, &self.table, bucket(&self.s3, Arc::new(SystemClock)), Arc::new(clock))
    }

    /// Another machine over the same table and bucket, which signs uploads and downloads by a clock of its own. (S3 on this
    /// machine goes by the time that it is.)
    #[must_use]
    pub fn machine_that_signs_by(&self, signing: TestClock) -> Machine {
        let clock = TestClock::new(99);
        clock.set(self.clock.now());
        Machine::new(&self.direct, &self.table, bucket(&self.s3, Arc::new(signing)), Arc::new(clock))
    }

    /// Another machine over the same table that the proxy does not disturb.
    #[must_use]
    pub fn machine_past_proxy(&self, clock: TestClock) -> Machine {
        Machine::new(&self.direct, &self.table, bucket(&self.s3, Arc::new(SystemClock)), Arc::new(clock))
    }

    /// Spreads the conversations that this key writes over so many partitions of the index. Nothing in the API does
    /// that yet, so this changes the key's rows; a machine that has seen the key notices after a while.
    pub async fn spread(&self, key: &NewKey, shards: u8) {
        let id = key.key.id.to_string();
        let is_key =
            |row: &Row| row.get("id") == Some(&id) && (row.pk().starts_with("K#") || row.sk().starts_with("K#"));
        for mut row in self.rows().await.into_iter().filter(is_key) {
            for attribute in ["readShards", "writeShards"] {
                row.0[attribute] = json!({ "N": shards.to_string() });
            }
            let _ = table::ask(&self.direct, "PutItem", &json!({ "TableName": self.table, "Item": row.0 })).await;
        }
    }

    /// Where the engine listens, for processes of their own.
    #[must_use]
    pub fn engine_url(&self) -> &str {
        &self.direct
    }

    /// What the table is called, for processes of their own.
    #[must_use]
    pub fn table_name(&self) -> &str {
        &self.table
    }

    /// Delivers the table's stream to the workers until nothing is left to do.
    pub async fn drain_events(&self) -> Drained {
        self.drain_events_as(Delivery::default()).await
    }

    /// Delivers the table's stream to the workers in this way, until nothing is left to do. What was delivered before is
    /// not delivered again.
    pub async fn drain_events_as(&self, delivery: Delivery) -> Drained {
        let mut drained = Drained::default();
        loop {
            let before = drained.records;
            for worker in Worker::ALL {
                drained += self.drain_to(worker, delivery).await;
            }
            // What one does may call for the other.
            if drained.records == before {
                return drained;
            }
        }
    }

    /// Delivers the table's stream to one worker in this way, as far as it goes.
    pub async fn drain_to(&self, worker: Worker, delivery: Delivery) -> Drained {
        let mut delivered = self.delivered.lock().await;
        let delivered = &mut delivered[worker as usize];
        let source = Source::stream(&self.direct, &self.table, delivered).await;
        drain::deliver(worker, &self.store, &self.internet, source, delivery).await
    }

    /// Has a worker's mapping give up on all that the stream has to tell.
    pub async fn lose(&self, worker: Worker) {
        let mut delivered = self.delivered.lock().await;
        let source = Source::stream(&self.direct, &self.table, &mut delivered[worker as usize]).await;
        drain::lose(source).await;
    }

    /// The operator's way to our workspace.
    pub async fn tenant(&self) -> deskless_store::TenantStore {
        self.operator.workspace(self.workspace).await.expect("our workspace")
    }

    /// Delivers these records to a worker as if they were the stream's, a hundred at a time, until nothing is left to do.
    pub async fn deliver(&self, worker: Worker, records: Vec<Value>, delivery: Delivery) -> Drained {
        drain::deliver(worker, &self.store, &self.internet, Source::Records(records.into_iter()), delivery).await
    }

    /// Hands a worker one batch, once. Whether all of it is done.
    pub async fn hand_over(&self, worker: Worker, batch: &[Value]) -> bool {
        drain::hand_over(worker, &self.store, &self.internet, batch).await.is_none()
    }

    /// Ends the table's stream. The embedded engine looks through all of a stream's records to number the next one, so
    /// tests that write a lot end it, and deliver records of their own.
    pub async fn end_stream(&self) {
        let body = json!({ "TableName": self.table, "StreamSpecification": { "StreamEnabled": false } });
        let _ = table::ask(&self.direct, "UpdateTable", &body).await;
    }

    /// Writes rows as they are, past the store and the proxy.
    pub async fn plant(&self, rows: &[Row]) {
        let client = reqwest::Client::new();
        let write = async |batch: &[Row]| {
            let requests: Vec<_> = batch.iter().map(|row| json!({ "PutRequest": { "Item": row.0 } })).collect();
            let body = json!({ "RequestItems": { self.table.as_str(): requests } });
            let _ = table::ask_with(&client, &self.direct, "BatchWriteItem", &body).await;
        };
        stream::iter(rows.chunks(25)).for_each_concurrent(4, write).await;
    }

    /// One row, read past the store and the proxy.
    pub async fn row(&self, pk: &str, sk: &str) -> Option<Row> {
        let body = json!({
            "TableName": self.table,
            "Key": { "pk": { "S": pk }, "sk": { "S": sk } },
            "ConsistentRead": true,
        });
        let mut answer = table::ask(&self.direct, "GetItem", &body).await;
        Some(answer["Item"].take()).filter(Value::is_object).map(Row)
    }

    /// Removes a row past the store, as DynamoDB does with one past its time.
    pub async fn uproot(&self, row: &Row) {
        let key = json!({ "pk": row.0["pk"], "sk": row.0["sk"] });
        let body = json!({ "TableName": self.table, "Key": key });
        let _ = table::ask(&self.direct, "DeleteItem", &body).await;
    }

    /// Every row of the table, read past the store, but for those that count requests for a few minutes: they are nobody's
    /// data, and every request may write one.
    pub async fn rows(&self) -> Vec<Row> {
        self.all_rows().await.into_iter().filter(|row| !row.pk().contains("#R#")).collect()
    }

    /// Every row of the table.
    pub async fn all_rows(&self) -> Vec<Row> {
        table::scan(&self.direct, &self.table).await
    }

    /// Writes a row past the store.
    pub async fn put(&self, row: &Row) {
        let _ = table::ask(&self.direct, "PutItem", &json!({ "TableName": self.table, "Item": row.0 })).await;
    }

    /// Every row of the other workspace, in a fixed order: what our workspace does must leave them as they are.
    pub async fn foreign_rows(&self) -> Vec<Value> {
        let own = format!("W#{}", self.other);
        let mut rows: Vec<_> = self.rows().await.into_iter().filter(|row| row.pk().starts_with(&own)).collect();
        rows.sort_by_key(|row| (row.pk().to_owned(), row.sk().to_owned()));
        rows.into_iter().map(|row| row.0).collect()
    }

    /// The table as the engine describes it.
    pub async fn describe_table(&self) -> serde_json::Value {
        table::describe(&self.direct, &self.table).await
    }

    /// Fails with every invariant that the table and the bucket break.
    pub async fn assert_sound(&self) {
        let rows = self.all_rows().await;
        let mut broken = invariants::violations(&rows);
        broken.extend(invariants::orphans(&rows, &self.objects()));
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// Fails with every invariant that the table breaks, and with everything that the worker on its stream has not done.
    pub async fn assert_settled(&self) {
        let rows = self.rows().await;
        let mut broken = invariants::violations(&rows);
        broken.extend(invariants::unsettled(&rows));
        broken.extend(invariants::orphans(&rows, &self.objects()));
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// All routes, as the local server has them.
    pub fn router(&self) -> Router {
        self.machine.router()
    }
}

async fn make_key(operator: &Operator, workspace: WorkspaceId, options: KeyOptions) -> NewKey {
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
