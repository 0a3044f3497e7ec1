//! Emulates Lambda and API Gateway: runs the functions' binaries, with a gateway in front of them.

mod gateway;
mod runtime;

use std::{collections::BTreeMap, path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result};
use axum::Router;
use deskless_infra::{
    engine::TABLE,
    routes,
    s3::{BUCKET, FAILED_EVENTS},
    task::Task,
    worker::{self, Worker},
};
pub use gateway::{as_passed, buffer};
pub use runtime::Invoker;
use runtime::{ProcessId, Runtime};
use serde_json::Value;
use tokio::{process::Command, time::Instant};

use crate::{
    compile::Binary,
    event_source::{self, BatchResult},
    log::Format,
    process::ProcessGroup,
};

/// The number of processes per function, and so of concurrent requests.
const INSTANCES: usize = 4;

/// The worker timeout in `template.yaml`.
const WORKER_TIMEOUT: Duration = Duration::from_mins(2);

/// The longest timeout of a task in `template.yaml`.
const TASK_TIMEOUT: Duration = Duration::from_mins(15);

/// A process that exits sooner counts as a failed start.
const MIN_UPTIME: Duration = Duration::from_secs(1);
/// After this many failed starts in a row, the function is not restarted until it is rebuilt.
const MAX_START_FAILURES: usize = 5;

/// The local replacements for DynamoDB, S3 and KMS.
#[derive(Debug, Clone)]
pub struct Endpoints {
    pub dynamodb: String,
    pub s3: String,
    /// The path of the key file that stands for a KMS key.
    pub secrets_key: PathBuf,
}

/// The running functions.
pub struct Lambda {
    endpoints: Endpoints,
    runtime: Runtime,
    format: Format,
    instances: Vec<Instance>,
}

struct Instance {
    function: &'static str,
    binary: PathBuf,
    process: Option<(ProcessId, ProcessGroup)>,
    started: Instant,
    failures: usize,
}

impl Lambda {
    /// Starts all functions.
    ///
    /// # Errors
    /// If a function does not start.
    pub async fn start(endpoints: &Endpoints, binaries: &BTreeMap<String, Binary>, format: Format) -> Result<Self> {
        let functions: Vec<_> = routes::functions()
            .into_iter()
            .map(|function| function.name)
            .chain(Worker::ALL.map(Worker::name))
            .chain(Task::ALL.map(Task::name))
            .collect();
        let runtime = Runtime::start(functions.clone()).await?;
        let mut instances = Vec::new();
        for function in functions {
            let binary =
                &binaries.get(function).with_context(|| format!("cargo built no binary named {function}"))?.path;
            for _ in 0..INSTANCES {
                let mut instance =
                    Instance { function, binary: binary.clone(), process: None, started: Instant::now(), failures: 0 };
                instance.start(&runtime, endpoints, format)?;
                instances.push(instance);
            }
        }
        Ok(Self { endpoints: endpoints.clone(), runtime, format, instances })
    }

    /// Returns a router that emulates the gateway.
    pub fn gateway(&self) -> Router {
        gateway::router(&self.runtime.invoker())
    }

    /// Returns a handle that invokes functions.
    pub fn invoker(&self) -> Invoker {
        self.runtime.invoker()
    }

    /// Restarts functions that have exited.
    ///
    /// # Errors
    /// If a function's status cannot be read.
    pub fn restart_exited(&mut self) -> Result<()> {
        for instance in &mut self.instances {
            instance.restart_if_exited(&self.runtime, &self.endpoints, self.format)?;
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
                instance.start(&self.runtime, &self.endpoints, self.format)?;
                if let Some((id, old)) = old {
                    old.stop().await;
                    self.runtime.process_exited(id);
                }
                updated.push(instance.function);
            }
        }
        updated.dedup();
        Ok(updated)
    }

    /// Stops everything. The functions stop first, because they log errors without the runtime API.
    pub async fn stop(self) {
        for (_, process) in self.instances.into_iter().filter_map(|instance| instance.process) {
            process.stop().await;
        }
    }
}

impl Instance {
    fn start(&mut self, runtime: &Runtime, endpoints: &Endpoints, format: Format) -> Result<()> {
        let mut command = Command::new(&self.binary);
        let (id, api) = runtime.register(self.function);
        command
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_LAMBDA_FUNCTION_NAME", self.function)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("TABLE_NAME", TABLE)
            .env("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb)
            .env("FILES_BUCKET", BUCKET)
            .env("FAILED_EVENTS_BUCKET", FAILED_EVENTS)
            .env("AWS_ENDPOINT_URL_S3", &endpoints.s3)
            .env("SECRETS_KEY_FILE", &endpoints.secrets_key)
            .env("DELIVERIES_FUNCTION", Task::Deliveries.name())
            .env("AWS_ENDPOINT_URL_LAMBDA", runtime.lambda_url())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_SESSION_TOKEN", "local")
            .env("AWS_REGION", "local")
            // A profile for the real AWS must not apply here.
            .env_remove("AWS_PROFILE");
        let mut process = ProcessGroup::spawn(command.stdout(Stdio::piped()))?;
        format.forward(self.function, process.stdout()?);
        self.process = Some((id, process));
        self.started = Instant::now();
        Ok(())
    }

    fn restart_if_exited(&mut self, runtime: &Runtime, endpoints: &Endpoints, format: Format) -> Result<()> {
        let Some((id, process)) = &mut self.process else { return Ok(()) };
        let Some(status) = process.try_wait()? else { return Ok(()) };
        runtime.process_exited(*id);
        self.process = None;
        self.failures = if self.started.elapsed() < MIN_UPTIME { self.failures + 1 } else { 0 };
        if self.failures < MAX_START_FAILURES {
            println!("The function {} exited ({status}). Restarting it.", self.function);
            self.start(runtime, endpoints, format)
        } else {
            println!("The function {} exits at startup ({status}). Fix its code to restart it.", self.function);
            Ok(())
        }
    }
}

/// Waits until every function responds. Most respond with 401, since no key is sent.
pub async fn wait_until_ready(port: u16) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
    for routes::Function { name, paths, .. } in routes::functions() {
        let path = paths.first().map(|path| path.replace(['{', '}', '+'], "")).unwrap_or_default();
        let url = format!("http://127.0.0.1:{port}{path}");
        client.get(url).send().await.with_context(|| format!("the function {name} does not respond"))?;
    }
    Ok(())
}

/// Invokes a worker with records of the stream.
pub async fn invoke_worker(invoker: &Invoker, worker: Worker, records: &[Value]) -> BatchResult {
    let response = invoker.invoke(worker.name(), &worker::event(records), WORKER_TIMEOUT).await?;
    let response: Value = serde_json::from_slice(&response).context("cannot read the worker's response")?;
    Ok(event_source::first_failure(&response))
}

/// Invokes a task, and returns its response.
pub async fn invoke_task(invoker: &Invoker, task: Task, event: &Value) -> Result<Value> {
    let response = invoker.invoke(task.name(), event, TASK_TIMEOUT).await?;
    serde_json::from_slice(&response).context("cannot read the function's response")
}
