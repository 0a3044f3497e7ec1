//! What `dev` and `serve` have in common: the engine, the table, the demo workspaces and their keys.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow};
use deskless_domain::{ApiKeySecret, KeyKind, Scope, Title};
use deskless_infra::{
    engine::{Engine, TABLE},
    template,
};
use deskless_runtime::{SystemClock, local_client};
use deskless_store::{KeyRequest, Operator, Store, TenantStore};

/// Where the local stack keeps its data, seen from the checkout.
pub const FOLDER: &str = ".local";
const ENV_FILE: &str = "dev.env";

/// Options of `deskless dev` and `deskless serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The port of the API.
    #[arg(long, env = "PORT", default_value_t = 9000)]
    pub port: u16,
    /// The port of the DynamoDB engine; one above the API's unless it is said.
    #[arg(long, env = "DYNAMODB_PORT")]
    pub dynamodb_port: Option<u16>,
}

/// What somebody needs to talk to the local stack.
#[derive(Debug, Default)]
pub struct DevEnv {
    values: Vec<(String, String)>,
}

impl DevEnv {
    pub fn read(folder: &Path) -> Self {
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
        for (name, value) in &self.values {
            writeln!(file, "{name}={value}")?;
        }
        Ok(())
    }
}

/// A running engine with the table and the demo workspaces in it.
pub struct Stack {
    engine: Engine,
    pub store: Store,
    env: DevEnv,
}

impl Stack {
    pub async fn start(options: Options) -> Result<Self> {
        let folder = PathBuf::from(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("{FOLDER} cannot be made"))?;
        let port = options.dynamodb_port.unwrap_or(options.port + 1);
        let engine = Engine::on_file(&folder.join("dynamodb.sqlite"), port)
            .await
            .with_context(|| format!("the DynamoDB engine does not start on port {port} (DYNAMODB_PORT= changes it)"))?;
        let client = local_client(engine.url());
        template::table()?.create(&client, TABLE).await?;
        let store = Store::new(client, TABLE, Arc::new(SystemClock));

        let mut env = DevEnv::read(&folder);
        env.set("DESKLESS_URL", &format!("http://127.0.0.1:{}", options.port));
        env.set("DESKLESS_TABLE", TABLE);
        env.set("DESKLESS_DYNAMODB_URL", engine.url());
        demo_keys(&store, &mut env).await?;
        env.write(&folder)?;
        Ok(Self { engine, store, env })
    }

    pub fn engine_url(&self) -> &str {
        self.engine.url()
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
             The keys are in {FOLDER}/{ENV_FILE} (`. {FOLDER}/{ENV_FILE}` sets them). Ctrl-C stops; the data stays; \
             `make dev-reset` forgets it.\n",
            url = self.url(),
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
            let request =
                KeyRequest { name, kind, scopes: Scope::ALL.to_vec(), allowed_origins: Vec::new(), expires_at: None };
            env.set(variable, tenant.create_key(request).await?.secret.reveal());
        }
    }
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

/// Why a port cannot be had, and what to do about it.
pub fn port_taken(port: u16, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::AddrInUse => anyhow!("port {port} is taken: stop what listens there, or choose another with PORT="),
        _ => anyhow!("port {port} cannot be used: {error}"),
    }
}

/// Ends when somebody presses Ctrl-C or asks us to stop.
pub async fn interrupted() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}
