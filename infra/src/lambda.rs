//! Lambda and its gateway on this machine: `cargo lambda watch` for the routes and the runtime API, and the functions'
//! own binaries.
//!
//! `cargo lambda watch` could start the binaries as well. It does not start one again that has crashed, takes seconds
//! to start any, and ends them before a change has compiled.

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
    time::{Instant, sleep},
};
use utoipa::openapi::OpenApi;

use crate::{
    compile::Binary,
    process::Group,
    pump::{self, Outcome},
};

/// How many processes each function has: that many requests it answers at once.
const INSTANCES: usize = 4;

/// What `template.yaml` gives each worker.
const WORKER_TIMEOUT: Duration = Duration::from_mins(2);

/// A process that lives for less has failed to start.
const LIVED: Duration = Duration::from_secs(1);
/// After so many failures to start, nothing but another binary will help.
const PATIENCE: usize = 5;

/// Where the functions find what is AWS's otherwise.
#[derive(Debug, Clone)]
pub struct Engines {
    pub dynamodb: String,
    pub s3: String,
}

/// The running functions.
pub struct Lambda {
    port: u16,
    engines: Engines,
    emulator: Group,
    instances: Vec<Instance>,
}

struct Instance {
    function: &'static str,
    /// Whether it answers what has no route, as the template's `$default` does.
    default: bool,
    binary: PathBuf,
    process: Option<Group>,
    started: Instant,
    failures: usize,
}

impl Lambda {
    /// Starts everything.
    pub async fn start(port: u16, engines: &Engines, binaries: &BTreeMap<String, Binary>) -> Result<Self> {
        let emulator = start_emulator(port).await?;
        let mut lambda = Self { port, engines: engines.clone(), emulator, instances: Vec::new() };
        for (function, _) in routes::functions() {
            let binary = &binaries.get(function).with_context(|| format!("there is no binary {function}"))?.path;
            for _ in 0..INSTANCES {
                lambda.add(function, false, binary.clone())?;
            }
            if function == "discovery" {
                lambda.add(function, true, binary.clone())?;
            }
        }
        // One is enough: records are handed over one batch after the other.
        for worker in Worker::ALL.map(Worker::name) {
            let binary = &binaries.get(worker).with_context(|| format!("there is no binary {worker}"))?.path;
            lambda.add(worker, false, binary.clone())?;
        }
        Ok(lambda)
    }

    fn add(&mut self, function: &'static str, default: bool, binary: PathBuf) -> Result<()> {
        let started = Instant::now();
        let mut instance = Instance { function, default, binary, process: None, started, failures: 0 };
        instance.start(self.port, &self.engines)?;
        self.instances.push(instance);
        Ok(())
    }

    /// Starts again what has ended.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.emulator.has_ended()? {
            bail!("cargo lambda watch ended ({status}): the lines above say why");
        }
        for instance in &mut self.instances {
            instance.check(self.port, &self.engines)?;
        }
        Ok(())
    }

    /// Replaces the functions that have been built anew, and names them.
    pub async fn update(&mut self, binaries: &BTreeMap<String, Binary>) -> Result<Vec<&'static str>> {
        let mut updated = Vec::new();
        for instance in &mut self.instances {
            if binaries.get(instance.function).is_some_and(|binary| binary.new) {
                instance.failures = 0;
                // The new one is there before the old one goes.
                let old = instance.process.take();
                instance.start(self.port, &self.engines)?;
                if let Some(old) = old {
                    old.stop().await;
                }
                updated.push(instance.function);
            }
        }
        updated.dedup();
        Ok(updated)
    }

    /// Ends everything. The functions go first: without the emulator they would all complain.
    pub async fn stop(self) {
        for process in self.instances.into_iter().filter_map(|instance| instance.process) {
            process.stop().await;
        }
        self.emulator.stop().await;
    }
}

impl Instance {
    fn start(&mut self, port: u16, engines: &Engines) -> Result<()> {
        let mut command = Command::new(&self.binary);
        let queue = if self.default { String::new() } else { format!("/{}", self.function) };
        command
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://127.0.0.1:{port}/.rt{queue}"))
            .env("AWS_LAMBDA_FUNCTION_NAME", self.function)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("TABLE_NAME", TABLE)
            .env("AWS_ENDPOINT_URL_DYNAMODB", &engines.dynamodb)
            .env("FILES_BUCKET", BUCKET)
            .env("AWS_ENDPOINT_URL_S3", &engines.s3)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_SESSION_TOKEN", "local")
            .env("AWS_REGION", "local")
            // What is set for the real AWS has no business here.
            .env_remove("AWS_PROFILE");
        self.process = Some(Group::spawn(&mut command)?);
        self.started = Instant::now();
        Ok(())
    }

    fn check(&mut self, port: u16, engines: &Engines) -> Result<()> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let Some(status) = process.has_ended()? else { return Ok(()) };
        self.process = None;
        self.failures = if self.started.elapsed() < LIVED { self.failures + 1 } else { 0 };
        if self.failures < PATIENCE {
            println!("The function {} ended ({status}); another one is started.", self.function);
            self.start(port, engines)
        } else {
            println!("The function {} ends as soon as it starts ({status}): change its code.", self.function);
            Ok(())
        }
    }
}

/// Waits until every function has answered something: most say 401, for want of a key.
pub async fn wake(port: u16) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
    let first = |routes: OpenApi| routes.paths.paths.into_keys().next().unwrap_or_default();
    let paths = routes::functions().into_iter().map(|(name, routes)| (name, first(routes.into_openapi())));
    for (name, path) in paths.chain([("discovery", "/".to_owned())]) {
        let url = format!("http://127.0.0.1:{port}{}", path.replace(['{', '}'], ""));
        client.get(url).send().await.with_context(|| format!("the function {name} does not answer"))?;
    }
    Ok(())
}

/// Hands records of the stream to a worker.
pub async fn invoke_worker(port: u16, worker: Worker, records: &[Value]) -> Outcome {
    let url = format!("http://127.0.0.1:{port}/2015-03-31/functions/{}/invocations", worker.name());
    let client = reqwest::Client::builder().no_proxy().timeout(WORKER_TIMEOUT).build()?;
    let answer = client.post(url).json(&worker::event(records)).send().await?.error_for_status()?;
    let answer: Value = answer.json().await.context("the worker's answer cannot be read")?;
    if answer.get("errorType").is_some() {
        bail!("the worker fails: {answer}");
    }
    Ok(pump::outcome(&answer))
}

/// Looks before minutes of compiling, not after.
pub async fn require_emulator() -> Result<()> {
    let mut version = Command::new("cargo-lambda");
    let status =
        Group::spawn(version.args(["lambda", "--version"]).stdout(std::process::Stdio::null()))?.ended().await?;
    if !status.success() {
        bail!("cargo-lambda does not run ({status}): `make clean-tools dev` installs it anew");
    }
    Ok(())
}

async fn start_emulator(port: u16) -> Result<Group> {
    let mut watch = Command::new("cargo-lambda");
    watch
        .args(["lambda", "watch", "--only-lambda-apis"])
        // Its own answer to browsers allows everything to everyone; the functions know better.
        .arg("--disable-cors")
        .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port.to_string()]);
    if std::env::var_os("RUST_LOG").is_none() {
        // It would tell how to start the functions.
        watch.env("RUST_LOG", "cargo_lambda=warn");
    }
    let mut emulator = Group::spawn(&mut watch)?;
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if let Some(status) = emulator.has_ended()? {
            bail!("cargo lambda watch ended ({status}): the lines above say why");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(emulator)
}
