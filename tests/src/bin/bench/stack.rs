//! An engine with a table, and callers of the API.

use std::sync::Arc;

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::{Client, types::StreamSpecification};
use axum::{Router, body::Body};
use bytes::Bytes;
use deskless_domain::{Clock, KeyKind, RateLimit, Scope, Title, WorkspaceId};
use deskless_infra::{
    engine::{Engine, TABLE},
    routes, template,
};
use deskless_runtime::{SystemClock, local_client};
use deskless_store::{KeyRequest, Operator, Store};
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// A running engine with its own threads.
pub struct Stack {
    engine: Engine,
    threads: Option<Runtime>,
}

impl Stack {
    /// Starts an engine with an empty table.
    pub async fn start() -> Result<Self> {
        let threads = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let engine = threads.spawn(Engine::in_memory()).await??;
        let client = local_client(engine.url());
        template::table()?.create(&client, TABLE).await?;
        // This engine scans its stream on each write, which would dominate the measurement.
        let no_stream = StreamSpecification::builder().stream_enabled(false).build()?;
        client.update_table().table_name(TABLE).stream_specification(no_stream).send().await?;
        Ok(Self { engine, threads: Some(threads) })
    }

    /// Returns the engine's URL.
    pub fn url(&self) -> &str {
        self.engine.url()
    }

    /// Returns a new client for the engine.
    pub fn client(&self) -> Client {
        local_client(self.url())
    }

    /// Creates a workspace and a caller that uses `client`.
    pub async fn tenant(&self, client: Client) -> Result<Tenant> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::new(client, TABLE, Arc::clone(&clock));
        let operator = Operator::new(store.clone());
        let id = operator.create_workspace(Title::parse("Bench".to_owned())?).await?.id;
        let request = KeyRequest {
            name: Title::parse("Bench".to_owned())?,
            kind: KeyKind::Server,
            scopes: Scope::ALL.to_vec(),
            allowed_origins: Vec::new(),
            expires_at: None,
            rate_limit: Some(RateLimit::MAX),
        };
        let key = operator.workspace(id).await?.create_key(request).await?;
        Ok(Tenant { id, bearer: format!("Bearer {}", key.secret.reveal()), router: routes::router(store, clock) })
    }

    /// Returns the same caller with another client.
    pub fn with_client(tenant: &Tenant, client: Client) -> Tenant {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::new(client, TABLE, Arc::clone(&clock));
        Tenant { id: tenant.id, bearer: tenant.bearer.clone(), router: routes::router(store, clock) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A runtime must not block on shutting down another one.
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// A caller with a key to a workspace.
pub struct Tenant {
    /// The workspace's ID.
    pub id: WorkspaceId,
    bearer: String,
    router: Router,
}

impl Tenant {
    /// Creates a request.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        idempotency_key: Option<&str>,
    ) -> Result<Request<Body>> {
        let mut request = Request::builder().method(method).uri(path).header("authorization", &self.bearer);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        Ok(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))?)
    }

    /// Sends a request through the router in this process, and reads the whole response.
    pub async fn send(&self, request: Request<Body>) -> Result<Bytes> {
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// Sends a POST with JSON and returns the JSON response.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.request(Method::POST, path, Some(body), None)?;
        Ok(serde_json::from_slice(&self.send(request).await?)?)
    }
}
