//! Emulates Lambda and its gateway: `cargo lambda watch` serves the routes and the runtime API, and this module runs
//! the functions' binaries.
//!
//! `cargo lambda watch` could run the binaries too. But it does not restart a crashed function, takes seconds to start
//! one, and stops functions before a change has compiled.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use deskless_infra::{
    engine::TABLE,
    routes,
    s3::BUCKET,
    worker::{self, Worker},
};
use serde_json::Value;
use tokio::{
    net::TcpStream,
    process::Command,
    sync::Semaphore,
    time::{Instant, sleep},
};
use utoipa::openapi::OpenApi;

use crate::{
    compile::Binary,
    event_source::{self, BatchResult},
    process::ProcessGroup,
};

/// The number of processes per function, and so of concurrent requests.
const INSTANCES: usize = 4;

/// The worker timeout in `template.yaml`.
const WORKER_TIMEOUT: Duration = Duration::from_mins(2);

/// A process that exits sooner counts as a failed start.
const MIN_UPTIME: Duration = Duration::from_secs(1);
/// After this many failed starts in a row, the function is not restarted until it is rebuilt.
const MAX_START_FAILURES: usize = 5;

/// The URLs of the local replacements for DynamoDB and S3.
#[derive(Debug, Clone)]
pub struct Endpoints {
    pub dynamodb: String,
    pub s3: String,
}

/// The running functions.
pub struct Lambda {
    port: u16,
    endpoints: Endpoints,
    emulator: ProcessGroup,
    instances: Vec<Instance>,
}

struct Instance {
    function: &'static str,
    /// Whether it handles requests without a route, like `$default` in the template.
    default: bool,
    binary: PathBuf,
    process: Option<ProcessGroup>,
    started: Instant,
    failures: usize,
}

impl Lambda {
    /// Starts the emulator and all functions.
    ///
    /// # Errors
    /// If the emulator or a function does not start.
    pub async fn start(port: u16, endpoints: &Endpoints, binaries: &BTreeMap<String, Binary>) -> Result<Self> {
        let emulator = start_emulator(port).await?;
        let mut lambda = Self { port, endpoints: endpoints.clone(), emulator, instances: Vec::new() };
        for (function, _) in routes::functions() {
            let binary =
                &binaries.get(function).with_context(|| format!("cargo built no binary named {function}"))?.path;
            for _ in 0..INSTANCES {
                lambda.add(function, false, binary.clone())?;
            }
            if function == "discovery" {
                lambda.add(function, true, binary.clone())?;
            }
        }
        for worker in Worker::ALL.map(Worker::name) {
            let binary = &binaries.get(worker).with_context(|| format!("cargo built no binary named {worker}"))?.path;
            for _ in 0..INSTANCES {
                lambda.add(worker, false, binary.clone())?;
            }
        }
        Ok(lambda)
    }

    fn add(&mut self, function: &'static str, default: bool, binary: PathBuf) -> Result<()> {
        let started = Instant::now();
        let mut instance = Instance { function, default, binary, process: None, started, failures: 0 };
        instance.start(self.port, &self.endpoints)?;
        self.instances.push(instance);
        Ok(())
    }

    /// Restarts functions that have exited.
    ///
    /// # Errors
    /// If the emulator has exited.
    pub fn restart_exited(&mut self) -> Result<()> {
        if let Some(status) = self.emulator.try_wait()? {
            bail!("cargo lambda watch exited ({status}): see its output above");
        }
        for instance in &mut self.instances {
            instance.restart_if_exited(self.port, &self.endpoints)?;
        }
        Ok(())
    }

    /// Restarts the functions that were rebuilt, and returns their names.
    pub async fn update(&mut self, binaries: &BTreeMap<String, Binary>) -> Result<Vec<&'static str>> {
        let mut updated = Vec::new();
        for instance in &mut self.instances {
            if binaries.get(instance.function).is_some_and(|binary| binary.new) {
                instance.failures = 0;
                // Start the new process before stopping the old one, so that requests are always served.
                let old = instance.process.take();
                instance.start(self.port, &self.endpoints)?;
                if let Some(old) = old {
                    old.stop().await;
                }
                updated.push(instance.function);
            }
        }
        updated.dedup();
        Ok(updated)
    }

    /// Stops everything. The functions stop first, because they log errors without the emulator.
    pub async fn stop(self) {
        for process in self.instances.into_iter().filter_map(|instance| instance.process) {
            process.stop().await;
        }
        self.emulator.stop().await;
    }
}

impl Instance {
    fn start(&mut self, port: u16, endpoints: &Endpoints) -> Result<()> {
        let mut command = Command::new(&self.binary);
        let queue = if self.default { String::new() } else { format!("/{}", self.function) };
        command
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{port}/.rt{queue}"))
            .env("AWS_LAMBDA_FUNCTION_NAME", self.function)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("TABLE_NAME", TABLE)
            .env("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb)
            .env("FILES_BUCKET", BUCKET)
            .env("AWS_ENDPOINT_URL_S3", &endpoints.s3)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_SESSION_TOKEN", "local")
            .env("AWS_REGION", "local")
            // A profile for the real AWS must not apply here.
            .env_remove("AWS_PROFILE");
        self.process = Some(ProcessGroup::spawn(&mut command)?);
        self.started = Instant::now();
        Ok(())
    }

    fn restart_if_exited(&mut self, port: u16, endpoints: &Endpoints) -> Result<()> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(status) = process.try_wait()? else { return Ok(()) };
        self.process = None;
        self.failures = if self.started.elapsed() < MIN_UPTIME { self.failures + 1 } else { 0 };
        if self.failures < MAX_START_FAILURES {
            println!("The function {} exited ({status}). Restarting it.", self.function);
            self.start(port, endpoints)
        } else {
            println!("The function {} exits at startup ({status}). Fix its code to restart it.", self.function);
            Ok(())
        }
    }
}

/// Waits until every function responds. Most respond with 401, since no key is sent.
pub async fn wait_until_ready(port: u16) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
    let first = |routes: OpenApi| routes.paths.paths.into_keys().next().unwrap_or_default();
    let paths = routes::functions().into_iter().map(|(name, routes)| (name, first(routes.into_openapi())));
    for (name, path) in paths.chain([("discovery", "/".to_owned())]) {
        let url = format!("http://127.0.0.1:{port}{}", path.replace(['{', '}'], ""));
        client.get(url).send().await.with_context(|| format!("the function {name} does not respond"))?;
    }
    Ok(())
}

/// Invokes the workers through the emulator.
pub struct Invoker {
    client: reqwest::Client,
    port: u16,
    /// One permit per process of each worker, so that waiting for a process does not count towards the timeout.
    processes: [Semaphore; Worker::ALL.len()],
}

impl Invoker {
    pub fn new(port: u16) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(WORKER_TIMEOUT).build()?;
        Ok(Self { client, port, processes: Worker::ALL.map(|_| Semaphore::new(INSTANCES)) })
    }

    /// Invokes a worker with records of the stream.
    pub async fn invoke(&self, worker: Worker, records: &[Value]) -> BatchResult {
        let _process = self.processes[worker as usize].acquire().await?;
        let url = format!("http://127.0.0.1:{}/2015-03-31/functions/{}/invocations", self.port, worker.name());
        let response = self.client.post(url).json(&worker::event(records)).send().await?.error_for_status()?;
        let response: Value = response.json().await.context("cannot read the worker's response")?;
        if response.get("errorType").is_some() {
            bail!("the worker failed: {response}");
        }
        Ok(event_source::first_failure(&response))
    }
}

/// Checks for cargo-lambda before compiling, which takes minutes.
pub async fn require_emulator() -> Result<()> {
    let mut version = Command::new("cargo-lambda");
    let status =
        ProcessGroup::spawn(version.args(["lambda", "--version"]).stdout(std::process::Stdio::null()))?.wait().await?;
    if !status.success() {
        bail!("cargo-lambda does not run ({status}): reinstall it with `make clean-tools dev`");
    }
    Ok(())
}

async fn start_emulator(port: u16) -> Result<ProcessGroup> {
    let mut watch = Command::new("cargo-lambda");
    watch
        .args(["lambda", "watch", "--only-lambda-apis"])
        // Its preflight response allows every origin. The functions handle CORS themselves.
        .arg("--disable-cors")
        .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()]);
    if std::env::var_os("RUST_LOG").is_none() {
        // Hides its instructions for starting functions.
        watch.env("RUST_LOG", "cargo_lambda=warn");
    }
    let mut emulator = ProcessGroup::spawn(&mut watch)?;
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if let Some(status) = emulator.try_wait()? {
            bail!("cargo lambda watch exited ({status}): see its output above");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(emulator)
}
