//! A proxy between the store and the engine. It meters requests and capacity units, and injects faults.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::Instant};

use crate::faults::{self, Faults, Outcome, is_contended};

/// The requests and their cost since the last reset.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// The operations, in order of arrival.
    pub operations: Vec<String>,
    /// The IAM actions that the operations require. A transaction requires those of its items. An index is appended
    /// after a slash.
    pub permissions: BTreeSet<String>,
    /// The tokens of the transactions, in order of arrival.
    pub tokens: Vec<String>,
    /// The number of round trips. Overlapping requests count as one.
    pub trips: usize,
    /// Read capacity units, as reported by the engine.
    pub reads: f64,
    /// Write capacity units, as reported by the engine.
    pub writes: f64,
    /// The number of injected faults.
    pub disturbed: usize,
    /// Write units of the rate limiter, one per leased block of requests. They count in none of the fields above except
    /// `permissions`, because it is random which request takes a lease.
    pub leases: f64,
}

#[derive(Debug)]
struct Inner {
    engine: String,
    client: reqwest::Client,
    faults: Mutex<Faults>,
    meter: Mutex<(Meter, Option<Instant>)>,
    random_state: Mutex<u64>,
    disturbed: watch::Sender<usize>,
}

/// A running proxy. Dropping it stops the proxy.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    inner: Arc<Inner>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy in front of this engine.
    pub async fn start(engine: &str, faults: Faults) -> Self {
        let inner = Arc::new(Inner {
            engine: engine.to_owned(),
            client: reqwest::Client::new(),
            faults: Mutex::new(faults),
            meter: Mutex::default(),
            random_state: Mutex::new(1),
            disturbed: watch::Sender::new(0),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(forward).with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the proxy serves") });
        Self { url, inner, server }
    }

    /// Returns the proxy's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets the faults to inject from now on.
    pub fn set_faults(&self, faults: Faults) {
        *self.inner.faults.lock().expect("the lock is not poisoned") = faults;
    }

    /// Stops the proxy. Later connections are refused.
    pub fn stop(&self) {
        self.server.abort();
    }

    /// Waits until this many faults were injected since the start.
    pub async fn wait_for_faults(&self, count: usize) {
        let mut watcher = self.inner.disturbed.subscribe();
        let _ = watcher.wait_for(|disturbed| *disturbed >= count).await.expect("the proxy is running");
    }

    /// Returns and resets the meter.
    #[must_use]
    pub fn take_meter(&self) -> Meter {
        std::mem::take(&mut *self.inner.meter.lock().expect("the lock is not poisoned")).0
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn forward(State(inner): State<Arc<Inner>>, mut headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.split_once('.'))
        .map(|(_, operation)| operation.to_owned())
        .unwrap_or_default();
    let mut request: Value = serde_json::from_slice(&body).expect("the SDK sends JSON");
    let lease = is_lease(&request);
    inner.arrive(&operation, permissions(&operation, &request), lease);
    if let Some(token) = request["ClientRequestToken"].as_str() {
        inner.meter.lock().expect("the lock is not poisoned").0.tokens.push(token.to_owned());
    }
    let faults = inner.faults.lock().expect("the lock is not poisoned").clone();
    if !faults.delay.is_zero() {
        tokio::time::sleep(faults.delay).await;
    }
    let contended = is_contended(&operation, &request);
    let outcome = faults.outcome(&operation, &request, || inner.random());
    match outcome {
        Outcome::Conflict => return inner.inject(faults::conflict(&operation, &request)),
        Outcome::Throttled => return inner.inject(faults::throttle(&operation, &request)),
        Outcome::ErrorBefore => return inner.inject(faults::internal_error()),
        Outcome::CutBefore => return inner.inject(faults::cut()),
        Outcome::Forward | Outcome::ErrorAfter | Outcome::CutAfter => {}
    }
    if matches!(
        operation.as_str(),
        "GetItem" | "BatchGetItem" | "Query" | "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems"
    ) {
        request["ReturnConsumedCapacity"] = json!("TOTAL");
    }
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::HOST);
    let answer = inner.client.post(&inner.engine).headers(headers).body(request.to_string()).send().await;
    let answer = answer.expect("the engine answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.bytes().await.expect("the engine's answer has a body");
    inner.charge(&operation, &bytes, lease);
    match outcome {
        Outcome::ErrorAfter => inner.inject(faults::internal_error()),
        Outcome::CutAfter => inner.inject(faults::cut()),
        _ if contended && inner.loses_response() => inner.inject(faults::internal_error()),
        // The engine's checksum covers the body, which must therefore stay unchanged.
        _ if lease => (status, headers, bytes).into_response(),
        _ => inner.leave((status, headers, bytes).into_response()),
    }
}

/// Returns whether a request takes a lease of the rate limiter.
fn is_lease(request: &Value) -> bool {
    request["Key"]["pk"]["S"].as_str().is_some_and(|pk| pk.contains("#R#"))
}

fn permissions(operation: &str, request: &Value) -> Vec<String> {
    if operation == "TransactWriteItems" {
        let items = request["TransactItems"].as_array().into_iter().flatten();
        return items
            .flat_map(|item| item.as_object().into_iter().flatten())
            .map(|(kind, _)| match kind.as_str() {
                "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                kind => format!("dynamodb:{kind}Item"),
            })
            .collect();
    }
    let index = request["IndexName"].as_str().map(|index| format!("/{index}")).unwrap_or_default();
    vec![format!("dynamodb:{operation}{index}")]
}

impl Inner {
    fn arrive(&self, operation: &str, permissions: Vec<String>, lease: bool) {
        let mut meter = self.meter.lock().expect("the lock is not poisoned");
        meter.0.permissions.extend(permissions);
        if lease {
            return;
        }
        let now = Instant::now();
        // A request that arrives after a response was sent starts a new round trip.
        if meter.1.is_none_or(|left| left <= now) {
            meter.0.trips += 1;
            meter.1 = Some(now + Duration::from_hours(1));
        }
        meter.0.operations.push(operation.to_owned());
    }

    fn leave(&self, response: Response) -> Response {
        self.meter.lock().expect("the lock is not poisoned").1 = Some(Instant::now());
        response
    }

    fn inject(&self, response: Response) -> Response {
        self.meter.lock().expect("the lock is not poisoned").0.disturbed += 1;
        self.disturbed.send_modify(|count| *count += 1);
        self.leave(response)
    }

    fn charge(&self, operation: &str, answer: &[u8], lease: bool) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let one = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or(0.0);
        let units = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().map(one).sum(),
            table => one(table),
        };
        let mut meter = self.meter.lock().expect("the lock is not poisoned");
        match operation {
            _ if lease => meter.0.leases += units,
            "GetItem" | "BatchGetItem" | "Query" => meter.0.reads += units,
            _ => meter.0.writes += units,
        }
    }

    fn loses_response(&self) -> bool {
        let mut faults = self.faults.lock().expect("the lock is not poisoned");
        let loses = faults.lost_responses > 0;
        faults.lost_responses = faults.lost_responses.saturating_sub(1);
        loses
    }

    /// Returns the next number of a deterministic random sequence.
    fn random(&self) -> u64 {
        let mut random_state = self.random_state.lock().expect("the lock is not poisoned");
        *random_state = random_state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *random_state >> 33
    }
}
