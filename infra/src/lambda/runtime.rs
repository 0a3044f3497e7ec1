//! Emulates Lambda's runtime API, from which the functions' processes take their invocations.
//!
//! Requests: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    collections::HashMap,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use deskless_domain::Clock;
use deskless_infra::guard;
use deskless_runtime::SystemClock;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::TASK_TIMEOUT;

/// The number of a process, unique over all functions and restarts.
pub type ProcessId = u64;

/// How often an asynchronous invocation is tried.
const ATTEMPTS: usize = 3;

/// Why an invocation has no response.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The function returned an error, or panicked.
    #[error("the function failed: {0}")]
    Function(Value),
    /// The process that handled the invocation has exited.
    #[error("the function's process exited")]
    Exited,
    /// No response within the function's timeout.
    #[error("the function did not respond in time")]
    TimedOut,
}

type Outcome = Result<Bytes, Failure>;

struct Invocation {
    event: String,
    timeout: Duration,
    reply: oneshot::Sender<Outcome>,
}

/// The waiting invocations of one function.
struct Queue {
    sender: mpsc::UnboundedSender<Invocation>,
    /// One idle process at a time waits for the next invocation. The others wait for the lock.
    receiver: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
}

/// An invocation that a process has taken.
struct Running {
    process: ProcessId,
    reply: oneshot::Sender<Outcome>,
}

#[derive(Default)]
struct Shared {
    queues: HashMap<&'static str, Queue>,
    running: Mutex<HashMap<String, Running>>,
    next: AtomicU64,
}

/// The runtime API on a port of its own. Dropping it stops the server.
pub struct Runtime {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Runtime {
    /// Starts the API for these functions.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(functions: impl IntoIterator<Item = &'static str>) -> Result<Self> {
        let queue = |name| {
            let (sender, receiver) = mpsc::unbounded_channel();
            (name, Queue { sender, receiver: tokio::sync::Mutex::new(receiver) })
        };
        let queues = functions.into_iter().map(queue).collect();
        let shared = Arc::new(Shared { queues, ..Shared::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("127.0.0.1:{}", listener.local_addr()?.port());
        let api = "/{function}/{process}/2018-06-01/runtime";
        let router = Router::new()
            .route(&format!("{api}/invocation/next"), get(next))
            .route(&format!("{api}/invocation/{{id}}/response"), post(respond))
            .route(&format!("{api}/invocation/{{id}}/error"), post(fail))
            .route(&format!("{api}/init/error"), post(|| async { StatusCode::ACCEPTED }))
            .route("/2015-03-31/functions/{function}/invocations", post(invoke_later))
            // Lambda's own limit for responses is 6 MB.
            .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
            .layer(from_fn(guard::local_programs))
            .with_state(Arc::clone(&shared));
        // The server ends only when the task is aborted.
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or_default() });
        Ok(Self { url, shared, server })
    }

    /// Returns a new process number and the value of `AWS_LAMBDA_RUNTIME_API` for that process.
    pub fn register(&self, function: &str) -> (ProcessId, String) {
        let process = self.shared.next.fetch_add(1, Ordering::Relaxed);
        (process, format!("http://{}/{function}/{process}", self.url))
    }

    /// Returns the value of `AWS_ENDPOINT_URL_LAMBDA`, through which functions invoke others.
    pub fn lambda_url(&self) -> String {
        format!("http://{}", self.url)
    }

    /// Returns a handle that invokes functions.
    pub fn invoker(&self) -> Invoker {
        Invoker(Arc::clone(&self.shared))
    }

    /// Fails the invocation that a process was running when it exited.
    pub fn process_exited(&self, process: ProcessId) {
        let mut running = self.shared.running();
        let ids: Vec<_> = running.iter().filter(|(_, one)| one.process == process).map(|(id, _)| id.clone()).collect();
        for one in ids.iter().filter_map(|id| running.remove(id)) {
            let _ = one.reply.send(Err(Failure::Exited));
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Invokes functions.
#[derive(Clone)]
pub struct Invoker(Arc<Shared>);

impl Invoker {
    /// Passes an event to the next idle process of a function, and returns the response. Waiting for a process does
    /// not count towards the timeout.
    ///
    /// # Errors
    /// If the function fails, exits or does not respond in time.
    pub async fn invoke(&self, function: &str, event: &Value, timeout: Duration) -> Result<Bytes> {
        let queue = self.0.queues.get(function).with_context(|| format!("no function named {function}"))?;
        let (reply, outcome) = oneshot::channel();
        let invocation = Invocation { event: event.to_string(), timeout, reply };
        queue.sender.send(invocation).ok().context("the runtime API has stopped")?;
        Ok(outcome.await.unwrap_or(Err(Failure::Exited))?)
    }
}

impl Shared {
    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, id: &str, outcome: Outcome) -> StatusCode {
        match self.running().remove(id) {
            Some(one) => {
                let _ = one.reply.send(outcome);
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}

async fn next(
    State(shared): State<Arc<Shared>>,
    Path((function, process)): Path<(String, ProcessId)>,
) -> Result<Response, StatusCode> {
    let queue = shared.queues.get(function.as_str()).ok_or(StatusCode::NOT_FOUND)?;
    let invocation = loop {
        let invocation = queue.receiver.lock().await.recv().await.ok_or(StatusCode::GONE)?;
        // Skips requests whose client has disconnected.
        if !invocation.reply.is_closed() {
            break invocation;
        }
    };
    let id = format!("{function}-{}", shared.next.fetch_add(1, Ordering::Relaxed));
    let timeout = invocation.timeout;
    let deadline = SystemClock.now().as_millis() + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX / 2);
    shared.running().insert(id.clone(), Running { process, reply: invocation.reply });
    let timed_out = (Arc::clone(&shared), id.clone());
    tokio::spawn(async move {
        tokio::time::sleep(timeout).await;
        timed_out.0.finish(&timed_out.1, Err(Failure::TimedOut));
    });
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", format!("arn:aws:lambda:local:000000000000:function:{function}")),
    ] {
        headers.insert(name, HeaderValue::from_str(&value).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?);
    }
    Ok((headers, invocation.event).into_response())
}

async fn respond(
    State(shared): State<Arc<Shared>>,
    Path((_, _, id)): Path<(String, ProcessId, String)>,
    body: Bytes,
) -> StatusCode {
    shared.finish(&id, Ok(body))
}

async fn fail(
    State(shared): State<Arc<Shared>>,
    Path((_, _, id)): Path<(String, ProcessId, String)>,
    body: Bytes,
) -> StatusCode {
    shared.finish(&id, Err(Failure::Function(serde_json::from_slice(&body).unwrap_or_default())))
}

/// Invokes a function asynchronously, as Lambda does with `X-Amz-Invocation-Type: Event`: repeats it twice after an error.
async fn invoke_later(
    State(shared): State<Arc<Shared>>,
    Path(function): Path<String>,
    headers: HeaderMap,
    Json(event): Json<Value>,
) -> StatusCode {
    let is_event = headers.get("x-amz-invocation-type").is_some_and(|kind| kind == "Event");
    // A name can have an alias.
    let name = function.split(':').next().unwrap_or_default().to_owned();
    if !is_event {
        return StatusCode::BAD_REQUEST;
    }
    if !shared.queues.contains_key(name.as_str()) {
        return StatusCode::NOT_FOUND;
    }
    drop(tokio::spawn(async move {
        let invoker = Invoker(shared);
        for _ in 0..ATTEMPTS {
            match invoker.invoke(&name, &event, TASK_TIMEOUT).await {
                Ok(_) => return,
                Err(error) => eprintln!("{name}: {error:#}"),
            }
        }
    }));
    StatusCode::ACCEPTED
}

#[cfg(test)]
mod tests {
    use super::Runtime;

    #[tokio::test]
    async fn web_pages_take_no_invocations() {
        let runtime = Runtime::start(["conversations"]).await.expect("started");
        let (_, url) = runtime.register("conversations");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let next = || client.get(format!("{url}/2018-06-01/runtime/invocation/next"));
        for (name, value) in
            [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("host", "evil.example")]
        {
            let response = next().header(name, value).send().await.expect("a response");
            assert_eq!(response.status().as_u16(), 403, "{name}");
            assert!(response.headers().get("access-control-allow-origin").is_none());
        }
        // The path of another function is a 404 for programs.
        let other = url.replace("conversations", "other");
        let response = client.get(format!("{other}/2018-06-01/runtime/invocation/next")).send().await;
        assert_eq!(response.expect("a response").status().as_u16(), 404);
    }
}
