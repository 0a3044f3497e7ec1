//! A server between the store and the engine: it counts what is asked and what it costs, and disturbs on request.

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

use crate::faults::{self, Fate, Faults, is_contested};

/// What was asked since the meter was last reset.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// The operations, in the order of their arrival.
    pub operations: Vec<String>,
    /// The permissions that these need, as IAM names them: a transaction's are those of its items, and an index stands
    /// behind a slash.
    pub permissions: BTreeSet<String>,
    /// How many requests had to wait for an answer before them: those that overlap count as one.
    pub trips: usize,
    /// Read capacity units, as the engine counts them.
    pub reads: f64,
    /// Write capacity units, as the engine counts them.
    pub writes: f64,
    /// How many requests were disturbed.
    pub disturbed: usize,
    /// What the rate limit wrote: one unit for each block of requests that was leased. It is in none of the figures above
    /// but the permissions, since it belongs to no operation: which request leases is chance.
    pub leases: f64,
}

#[derive(Debug)]
struct Inner {
    engine: String,
    client: reqwest::Client,
    faults: Mutex<Faults>,
    meter: Mutex<(Meter, Option<Instant>)>,
    dice: Mutex<u64>,
    disturbed: watch::Sender<usize>,
}

/// A running proxy. It stops when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    inner: Arc<Inner>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts one in front of this engine.
    pub async fn start(engine: &str, faults: Faults) -> Self {
        let inner = Arc::new(Inner {
            engine: engine.to_owned(),
            client: reqwest::Client::new(),
            faults: Mutex::new(faults),
            meter: Mutex::default(),
            dice: Mutex::new(1),
            disturbed: watch::Sender::new(0),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(forward).with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the proxy serves") });
        Self { url, inner, server }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Changes what it does from now on.
    pub fn set_faults(&self, faults: Faults) {
        *self.inner.faults.lock().expect("no panic before") = faults;
    }

    /// Stops answering: connections are refused from now on.
    pub fn stop(&self) {
        self.server.abort();
    }

    /// Waits until so many requests were disturbed since the proxy started.
    pub async fn disturbed(&self, count: usize) {
        let mut watcher = self.inner.disturbed.subscribe();
        let _ = watcher.wait_for(|disturbed| *disturbed >= count).await.expect("the proxy is there");
    }

    /// What was asked since the last call.
    #[must_use]
    pub fn take_meter(&self) -> Meter {
        std::mem::take(&mut *self.inner.meter.lock().expect("no panic before")).0
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
    let faults = inner.faults.lock().expect("no panic before").clone();
    if !faults.delay.is_zero() {
        tokio::time::sleep(faults.delay).await;
    }
    let contested = is_contested(&operation, &request);
    let fate = faults.fate(&operation, &request, || inner.throw());
    match fate {
        Fate::Conflicts => return inner.disturb(faults::conflict(&operation, &request)),
        Fate::IsThrottled => return inner.disturb(faults::throttle(&operation, &request)),
        Fate::FailsBefore => return inner.disturb(faults::internal_error()),
        Fate::IsCutBefore => return inner.disturb(faults::cut()),
        Fate::Passes | Fate::FailsAfter | Fate::IsCutAfter => {}
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
    match fate {
        Fate::FailsAfter => inner.disturb(faults::internal_error()),
        Fate::IsCutAfter => inner.disturb(faults::cut()),
        _ if contested && inner.loses_this_one() => inner.disturb(faults::internal_error()),
        // The checksum is the engine's over its own bytes, which are passed on unchanged.
        _ if lease => (status, headers, bytes).into_response(),
        _ => inner.leave((status, headers, bytes).into_response()),
    }
}

/// Whether a request counts requests.
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
        let mut meter = self.meter.lock().expect("no panic before");
        meter.0.permissions.extend(permissions);
        if lease {
            return;
        }
        let now = Instant::now();
        // A request that comes after an answer went out belongs to another trip than those before it.
        if meter.1.is_none_or(|left| left <= now) {
            meter.0.trips += 1;
            meter.1 = Some(now + Duration::from_hours(1));
        }
        meter.0.operations.push(operation.to_owned());
    }

    fn leave(&self, response: Response) -> Response {
        self.meter.lock().expect("no panic before").1 = Some(Instant::now());
        response
    }

    fn disturb(&self, response: Response) -> Response {
        self.meter.lock().expect("no panic before").0.disturbed += 1;
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
        let mut meter = self.meter.lock().expect("no panic before");
        match operation {
            _ if lease => meter.0.leases += units,
            "GetItem" | "BatchGetItem" | "Query" => meter.0.reads += units,
            _ => meter.0.writes += units,
        }
    }

    fn loses_this_one(&self) -> bool {
        let mut faults = self.faults.lock().expect("no panic before");
        let loses = faults.lost_answers > 0;
        faults.lost_answers = faults.lost_answers.saturating_sub(1);
        loses
    }

    /// A number that is the same in every run.
    fn throw(&self) -> u64 {
        let mut dice = self.dice.lock().expect("no panic before");
        *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *dice >> 33
    }
}
