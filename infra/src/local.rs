//! What `dev` and `serve` have in common: the engine, the table, the demo workspaces and their keys.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow};
use deskless_api::token;
use deskless_domain::{ApiKeySecret, CustomerId, KeyKind, RateLimit, Scope, Title};
use deskless_infra::{
    engine::{Engine, TABLE},
    s3::{BUCKET, S3},
    template,
    worker::Worker,
};
use deskless_runtime::{SystemClock, local_bucket, local_client};
use deskless_store::{KeyRequest, Operator, Store, TenantStore};
use futures_util::future::try_join_all;
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::pump::{Outcome, Pump};

const ENV_FILE: &str = "dev.env";

/// Options of `deskless dev` and `deskless serve`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The port of the API.
    #[arg(long, env = "PORT", default_value_t = 9000, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// The port of the DynamoDB engine; one above the API's unless it is said.
    #[arg(long, env = "DYNAMODB_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    dynamodb_port: Option<u16>,
    /// The port of the S3 engine; two above the API's unless it is said.
    #[arg(long, env = "S3_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    s3_port: Option<u16>,
    #[command(flatten)]
    folder: Folder,
}

impl Options {
    fn dynamodb_port(&self) -> u16 {
        self.dynamodb_port.unwrap_or(self.port.checked_add(1).unwrap_or(self.port - 1))
    }

    fn s3_port(&self) -> u16 {
        self.s3_port.unwrap_or(self.port.checked_add(2).unwrap_or(self.port - 2))
    }

    /// Makes sure that the ports are free and that the data is nobody else's. Others would say it less clearly, and
    /// later.
    pub fn claim(&self) -> Result<Claim> {
        for (variable, port) in
            [("PORT", self.port), ("DYNAMODB_PORT", self.dynamodb_port()), ("S3_PORT", self.s3_port())]
        {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| match e.kind() {
                ErrorKind::AddrInUse => {
                    anyhow!("port {port} is taken: stop what listens there, or choose another with {variable}=")
                }
                _ => anyhow!("port {port} cannot be used ({e}): choose another with {variable}="),
            })?;
        }
        self.folder.claim()
    }
}

/// Keeps others out of the folder as long as it is there: two engines on one file would not see what the other writes.
pub struct Claim(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

/// Where the local stack keeps its data.
#[derive(Debug, clap::Args)]
pub struct Folder {
    /// The folder of the local stack.
    #[arg(long = "folder", env = "DESKLESS_FOLDER", default_value = ".local", global = true)]
    path: PathBuf,
}

impl Folder {
    /// What the local stack that runs or ran last says of itself.
    pub fn env(&self) -> DevEnv {
        DevEnv::read(&self.path)
    }

    fn claim(&self) -> Result<Claim> {
        let shown = self.path.display();
        fs::create_dir_all(&self.path).with_context(|| format!("{shown} cannot be made"))?;
        let file = File::create(self.path.join("lock")).with_context(|| format!("{shown} cannot be written to"))?;
        file.try_lock().map_err(|_| anyhow!("another local stack is running on the data in {shown}: stop it first"))?;
        Ok(Claim(file))
    }
}

/// What somebody needs to talk to the local stack.
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
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.to_owned()));
    }

    /// Readable by its owner only: it holds secrets.
    fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(ENV_FILE);
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        // The mode above is for a file that is new.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        for (name, value) in &self.values {
            writeln!(file, "{name}={value}")?;
        }
        Ok(())
    }
}

/// A running engine with the table and the demo workspaces in it.
pub struct Stack {
    engine: Engine,
    s3: S3,
    pub store: Store,
    env: DevEnv,
    env_file: PathBuf,
    _claim: Claim,
}

impl Stack {
    pub async fn start(options: &Options, claim: Claim) -> Result<Self> {
        let folder = &options.folder.path;
        let engine = Engine::on_file(&folder.join("dynamodb.sqlite"), options.dynamodb_port()).await?;
        let client = local_client(engine.url());
        template::table()?.create(&client, TABLE).await?;
        let s3 = S3::on_folder(&folder.join("s3"), options.s3_port()).await?;
        let bucket = local_bucket(s3.url(), BUCKET, Arc::new(SystemClock));
        let store = Store::new(client, TABLE, Arc::new(SystemClock)).with_bucket(Some(bucket));

        let mut env = options.folder.env();
        env.set("DESKLESS_URL", &format!("http://127.0.0.1:{}", options.port));
        env.set("DESKLESS_TABLE", TABLE);
        env.set("DESKLESS_DYNAMODB_URL", engine.url());
        env.set("DESKLESS_S3_URL", s3.url());
        env.set("DESKLESS_BUCKET", BUCKET);
        demo_keys(&store, &mut env).await?;
        env.write(folder)?;
        Ok(Self { engine, s3, store, env, env_file: folder.join(ENV_FILE), _claim: claim })
    }

    /// Hands over the stream of the stack's table to every worker, in the way that is said. Only ends by failing.
    pub async fn pump(&self, deliver: impl AsyncFn(Worker, &[Value]) -> Outcome) -> Result<()> {
        let folder = self.env_file.parent().unwrap_or(Path::new("."));
        let deliver = &deliver;
        let pumps = Worker::ALL.map(|worker| async move {
            let pump = Pump::new(self.engine.url(), folder, worker);
            pump.run(async |records: &[Value]| deliver(worker, records).await).await
        });
        try_join_all(pumps).await.map(drop)
    }

    pub fn engine_url(&self) -> &str {
        self.engine.url()
    }

    pub fn s3_url(&self) -> &str {
        self.s3.url()
    }

    pub fn url(&self) -> &str {
        self.env.get("DESKLESS_URL").unwrap_or_default()
    }

    /// Says that all is ready, and how to go on.
    pub fn announce(&self) {
        let key = self.env.get("DESKLESS_API_KEY").unwrap_or_default();
        println!(
            "\nDeskless is ready on {url}. Open a conversation:\n\n\
             curl -s {url}/api/v1/conversations -H 'Authorization: Bearer {key}' \
             -H 'Content-Type: application/json' \
             -d '{{\"subject\":\"Need help with auth\",\"customer\":{{\"id\":\"cus_123\",\"name\":\"Ada Lovelace\"}}}}'\n\n\
             The keys are in {file} (`. {file}` sets them). Ctrl-C stops; the data stays; `make dev-reset` forgets \
             it.\n",
            url = self.url(),
            file = self.env_file.display(),
        );
    }
}

/// Makes the demo workspaces and those keys that `dev.env` does not have any more.
async fn demo_keys(store: &Store, env: &mut DevEnv) -> Result<()> {
    let operator = Operator::new(store.clone());
    let demo = demo_workspace(&operator, "Demo").await?;
    let other = demo_workspace(&operator, "Other demo").await?;
    for (variable, tenant, kind) in [
        ("DESKLESS_API_KEY", &demo, KeyKind::Server),
        ("DESKLESS_CLIENT_KEY", &demo, KeyKind::Client),
        ("DESKLESS_OTHER_API_KEY", &other, KeyKind::Server),
    ] {
        if !works(store, env.get(variable)).await? {
            let name = Title::parse(format!("Local stack: {variable}"))?;
            let request = KeyRequest {
                name,
                kind,
                scopes: Scope::ALL.to_vec(),
                allowed_origins: Vec::new(),
                expires_at: None,
                // The local stack is for load tests too.
                rate_limit: Some(RateLimit::MAX),
            };
            env.set(variable, tenant.create_key(request).await?.secret.reveal());
        }
    }
    demo_identity(store, &demo, env).await
}

/// A day's token for the customer of the examples, and the secret with which more can be signed.
async fn demo_identity(store: &Store, demo: &TenantStore, env: &mut DevEnv) -> Result<()> {
    let secret = match demo.identity().await?.current.clone() {
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

async fn demo_workspace(operator: &Operator, name: &str) -> Result<TenantStore> {
    let known = operator.list_workspaces().await?.into_iter().find(|workspace| workspace.name.as_str() == name);
    let id = match known {
        Some(workspace) => workspace.id,
        None => operator.create_workspace(Title::parse(name.to_owned())?).await?.id,
    };
    Ok(operator.workspace(id).await?)
}

async fn works(store: &Store, secret: Option<&str>) -> Result<bool> {
    match secret.and_then(|secret| ApiKeySecret::parse(secret).ok()) {
        Some(secret) => Ok(store.find_key(&secret).await?.is_some_and(|key| key.revoked_at.is_none())),
        None => Ok(false),
    }
}

/// Ctrl-C, a request to stop, or a terminal that is closed. It is noticed from the beginning, also while nobody waits.
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
