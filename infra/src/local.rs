//! What `dev` and `serve` share: the engines, the table, the demo workspaces and their keys.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow};
use deskless_api::token;
use deskless_domain::{ApiKeySecret, CustomerId, KeyKind, RateLimit, Reach, Scope, Title};
use deskless_infra::{
    engine::{Engine, EngineFile, TABLE},
    private,
    s3::{BUCKET, FAILED_EVENTS, S3},
    template,
    worker::Worker,
};
use deskless_runtime::{LocalDataKeys, SystemClock, local_bucket, local_client};
use deskless_store::{KeyRequest, Operator, Store, TenantStore};
use futures_util::future::{try_join, try_join_all};
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::event_source::{self, BatchResult, EventSource};

const ENV_FILE: &str = "dev.env";

const DEFAULT_FOLDER: &str = ".local";

/// The key that encrypts data keys, in place of a KMS key.
const KEY_FILE: &str = "secrets.key";

/// Options of `deskless dev` and `deskless serve`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Port of the API.
    #[arg(long, env = "PORT", default_value_t = 9000, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Port of the DynamoDB engine [default: the API's port + 1]
    #[arg(long, env = "DYNAMODB_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    dynamodb_port: Option<u16>,
    /// Port of the S3 engine [default: the API's port + 2]
    #[arg(long, env = "S3_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    s3_port: Option<u16>,
    /// Name besides localhost that requests to the API may have as `Host`, without the port. Repeat or separate with commas.
    #[arg(long = "allowed-host", env = "ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
    #[command(flatten)]
    folder: Folder,
}

impl Options {
    /// Returns the further names that requests to the API may have as `Host`.
    pub fn allowed_hosts(&self) -> Arc<[String]> {
        self.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()).collect()
    }

    fn dynamodb_port(&self) -> u16 {
        self.dynamodb_port.unwrap_or(self.port.checked_add(1).unwrap_or(self.port - 1))
    }

    fn s3_port(&self) -> u16 {
        self.s3_port.unwrap_or(self.port.checked_add(2).unwrap_or(self.port - 2))
    }

    /// Checks that the ports are free and locks the folder, so that conflicts are reported clearly and early.
    ///
    /// # Errors
    /// If a port is in use or another local stack uses the folder.
    pub fn lock(&self) -> Result<FolderLock> {
        for (variable, port) in
            [("PORT", self.port), ("DYNAMODB_PORT", self.dynamodb_port()), ("S3_PORT", self.s3_port())]
        {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| match e.kind() {
                ErrorKind::AddrInUse => {
                    anyhow!(
                        "port {port} is already in use: stop the process using it, or set {variable} to another port"
                    )
                }
                _ => anyhow!("cannot listen on port {port} ({e}): set {variable} to another port"),
            })?;
        }
        self.folder.lock()
    }
}

/// A lock on the folder of the local stack. Two engines on one file would not see each other's writes.
pub struct FolderLock(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

/// Where the local stack keeps its data.
#[derive(Debug, clap::Args)]
pub struct Folder {
    /// Folder of the local stack.
    #[arg(long = "folder", env = "DESKLESS_FOLDER", default_value = DEFAULT_FOLDER, global = true)]
    path: PathBuf,
}

impl Folder {
    /// Returns the options that name the folder, if it is not the default one.
    pub fn arguments(&self) -> Vec<String> {
        let is_default = self.path == Path::new(DEFAULT_FOLDER);
        if is_default { Vec::new() } else { vec!["--folder".to_owned(), self.path.display().to_string()] }
    }

    /// Returns the settings of the local stack that is running or ran last.
    pub fn env(&self) -> DevEnv {
        DevEnv::read(&self.path)
    }

    /// Returns the data keys of the local stack.
    pub fn data_keys(&self) -> Result<LocalDataKeys> {
        Ok(LocalDataKeys::read(&self.path.join(KEY_FILE), Arc::new(SystemClock))?)
    }

    fn lock(&self) -> Result<FolderLock> {
        let shown = self.path.display();
        private::folder(&self.path).with_context(|| format!("cannot create {shown}"))?;
        let file = private::create(&self.path.join("lock")).with_context(|| format!("cannot write to {shown}"))?;
        file.try_lock().map_err(|_| anyhow!("another local stack is using the data in {shown}: stop it first"))?;
        Ok(FolderLock(file))
    }
}

/// The settings in `dev.env`: URLs, keys and tokens of the local stack.
#[derive(Debug)]
pub struct DevEnv {
    values: Vec<(String, String)>,
}

impl DevEnv {
    fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join(ENV_FILE)).unwrap_or_default();
        let values = text.lines().filter_map(|line| line.split_once('='));
        Self { values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(existing, _)| existing == name).map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.values.retain(|(existing, _)| existing != name);
        self.values.push((name.to_owned(), value.to_owned()));
    }

    /// Writes `dev.env`, readable by its owner only because it holds secrets.
    fn write(&self, folder: &Path) -> Result<()> {
        let mut file = private::create(&folder.join(ENV_FILE))?;
        for (name, value) in &self.values {
            writeln!(file, "{name}={value}")?;
        }
        Ok(())
    }
}

/// The running engines, with the table and the demo workspaces.
pub struct Stack {
    engine: Engine,
    file: EngineFile,
    s3: S3,
    pub store: Store,
    env: DevEnv,
    env_file: PathBuf,
    _lock: FolderLock,
}

impl Stack {
    pub async fn start(options: &Options, lock: FolderLock) -> Result<Self> {
        let folder = &options.folder.path;
        let file = EngineFile::new(&folder.join("dynamodb.sqlite"));
        let engine = Engine::on_file(&file, options.dynamodb_port()).await?;
        let client = local_client(engine.url());
        template::table()?.create(&client, TABLE).await?;
        private::folder(&folder.join("s3"))?;
        let s3 = S3::on_folder(&folder.join("s3"), options.s3_port()).await?;
        let bucket = |name| Some(local_bucket(s3.url(), name, Arc::new(SystemClock)));
        let keys = LocalDataKeys::read_or_create(&folder.join(KEY_FILE), Arc::new(SystemClock))?;
        let store = Store::new(engine.client(), TABLE, Arc::new(SystemClock))
            .with_data_keys(Some(Arc::new(keys)))
            .with_bucket(bucket(BUCKET))
            .with_failed_records(bucket(FAILED_EVENTS));

        let mut env = options.folder.env();
        env.set("DESKLESS_URL", &format!("http://127.0.0.1:{}", options.port));
        env.set("DESKLESS_TABLE", TABLE);
        env.set("DESKLESS_DYNAMODB_URL", engine.url());
        env.set("DESKLESS_S3_URL", s3.url());
        env.set("DESKLESS_BUCKET", BUCKET);
        ensure_demo_keys(&store, &mut env).await?;
        env.write(folder)?;
        Ok(Self { engine, file, s3, store, env, env_file: folder.join(ENV_FILE), _lock: lock })
    }

    /// Delivers the table's stream to every worker through `deliver`. Returns only on failure.
    pub async fn run_event_sources(&self, deliver: impl AsyncFn(Worker, &[Value]) -> BatchResult) -> Result<()> {
        let folder = self.env_file.parent().unwrap_or(Path::new("."));
        let deliver = &deliver;
        let mappings = Worker::ALL.map(|worker| async move {
            let source = EventSource::new(self.engine.url(), &self.file, folder, worker);
            source.run(async |records: &[Value]| deliver(worker, records).await).await
        });
        try_join(try_join_all(mappings), event_source::trim_stream(&self.file, folder)).await.map(drop)
    }

    pub fn engine_url(&self) -> &str {
        self.engine.url()
    }

    pub fn s3_url(&self) -> &str {
        self.s3.url()
    }

    /// Returns the absolute path of the key file, for processes.
    pub fn secrets_key(&self) -> Result<PathBuf> {
        Ok(self.env_file.with_file_name(KEY_FILE).canonicalize()?)
    }

    pub fn url(&self) -> &str {
        self.env.get("DESKLESS_URL").unwrap_or_default()
    }

    /// Prints the URL, an example request and where the keys are.
    pub fn announce(&self) {
        let key = self.env.get("DESKLESS_API_KEY").unwrap_or_default();
        println!(
            "\nDeskless is ready on {url}. Create a conversation:\n\n\
             curl -s {url}/api/v1/conversations -H 'Authorization: Bearer {key}' \
             -H 'Content-Type: application/json' \
             -d '{{\"subject\":\"Need help with auth\",\"customer\":{{\"id\":\"cus_123\",\"name\":\"Ada Lovelace\"}}}}'\n\n\
             API keys are in {file}. Load them with `. {file}`. Press Ctrl-C to stop. Data is kept; \
             `make dev-reset` deletes it.\n",
            url = self.url(),
            file = self.env_file.display(),
        );
    }
}

/// Creates the demo workspaces, and the keys that are missing from `dev.env` or no longer work.
async fn ensure_demo_keys(store: &Store, env: &mut DevEnv) -> Result<()> {
    let operator = Operator::new(store.clone());
    let demo = find_or_create_workspace(&operator, "Demo").await?;
    let other = find_or_create_workspace(&operator, "Other demo").await?;
    for (variable, tenant, kind) in [
        ("DESKLESS_API_KEY", &demo, KeyKind::Server),
        ("DESKLESS_CLIENT_KEY", &demo, KeyKind::Client),
        ("DESKLESS_OTHER_API_KEY", &other, KeyKind::Server),
    ] {
        if !is_active(store, env.get(variable)).await? {
            let name = Title::parse(format!("Local stack: {variable}"))?;
            let request = KeyRequest {
                name,
                kind,
                scopes: Scope::ALL.to_vec(),
                allowed_origins: Vec::new(),
                expires_at: None,
                // The local stack is used for load tests too.
                rate_limit: Some(RateLimit::MAX),
            };
            env.set(variable, tenant.create_key(request).await?.secret.reveal());
        }
    }
    ensure_demo_identity(store, &demo, env).await
}

/// Signs a token for the example customer, valid for a day. Creates an identity secret if there is none.
async fn ensure_demo_identity(store: &Store, demo: &TenantStore, env: &mut DevEnv) -> Result<()> {
    let identity = demo.identity().await.context(
        "cannot decrypt the local data. Restore its secrets.key, or delete the data with `make dev-reset` if it was written \
         by an earlier version",
    )?;
    let secret = match identity.current.clone() {
        Some(secret) => secret,
        None => demo.rotate_identity().await?,
    };
    let customer = CustomerId::parse("cus_123".to_owned())?;
    let token = token::sign(&secret, demo.workspace_id(), &customer, store.clock().now(), token::LONGEST_SECONDS)?;
    env.set("DESKLESS_WORKSPACE", &demo.workspace_id().to_string());
    env.set("DESKLESS_IDENTITY_SECRET", secret.reveal());
    env.set("DESKLESS_CUSTOMER_TOKEN", &token);
    Ok(())
}

async fn find_or_create_workspace(operator: &Operator, name: &str) -> Result<TenantStore> {
    let existing = operator.list_workspaces().await?.into_iter().find(|workspace| workspace.name.as_str() == name);
    let id = if let Some(workspace) = existing {
        workspace.id
    } else {
        let id = operator.create_workspace(Title::parse(name.to_owned())?).await?.id;
        // The local stack is used for load tests too.
        operator.set_rate_limit(id, RateLimit::MAX).await?;
        id
    };
    let workspace = operator.workspace(id).await?;
    // Also for data of an earlier version.
    if workspace.webhook_reach().await? == Reach::Public {
        operator.allow_local_webhooks(id).await?;
    }
    Ok(workspace)
}

async fn is_active(store: &Store, secret: Option<&str>) -> Result<bool> {
    match secret.and_then(|secret| ApiKeySecret::parse(secret).ok()) {
        Some(secret) => Ok(store.find_key(&secret).await?.is_some_and(|key| key.revoked_at.is_none())),
        None => Ok(false),
    }
}

/// Ctrl-C, SIGTERM or SIGHUP. Signals are caught from construction on, even while nothing awaits them.
pub struct Interrupt([Signal; 3]);

impl Interrupt {
    pub fn listen() -> Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    pub async fn received(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
