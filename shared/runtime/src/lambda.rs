//! Runs routers and workers on the Lambda runtime.

use std::{convert::Infallible, fmt::Debug, sync::Arc, time::Duration};

use axum::{Router, http::header};
use deskless_api::{ApiState, serve};
use deskless_domain::Clock;
use deskless_store::Store;
use lambda_http::{
    Adapter, Error, LambdaEvent, Service, aws_lambda_events::apigw::ApiGatewayV2httpRequest, lambda_runtime,
    request::LambdaRequest, tower::ServiceBuilder,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{SystemClock, bucket::function_bucket, client::function_client, config::Config, telemetry};

/// The time limit for connecting during a cold start. After it, the first request connects instead, because a slow
/// request is better than a failed start.
const WARM_UP: Duration = Duration::from_secs(2);

/// Serves a function's routes, with the table that `TABLE_NAME` names.
///
/// Clients are created and connected before the first request, because a function has more CPU during initialization.
///
/// # Errors
/// If the environment is incomplete or the Lambda runtime API does not respond.
pub fn run(routes: Router<ApiState>) -> Result<(), Error> {
    start(async { serve_over(table().await?, routes).await })
}

/// Serves a function's routes, with the table and the bucket that `FILES_BUCKET` names. Separate from [`run`], so that
/// functions without files do not link the S3 code.
///
/// # Errors
/// If the environment is incomplete or the Lambda runtime API does not respond.
pub fn run_with_bucket(routes: Router<ApiState>) -> Result<(), Error> {
    start(async { serve_over(table_and_bucket().await?, routes).await })
}

/// Passes each event to `work`, with the table that `TABLE_NAME` names and the bucket for failed stream records that
/// `FAILED_EVENTS_BUCKET` names.
///
/// # Errors
/// If the environment is incomplete or the Lambda runtime API does not respond.
pub fn run_worker<Event, Output, Work>(work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Output: Serialize,
    Work: Future<Output = Output>,
{
    start(async { work_over(with_failed_records(table().await?)?, work).await })
}

/// Passes each event to `work`, as [`run_worker`], with the bucket of files that `FILES_BUCKET` names.
///
/// # Errors
/// If the environment is incomplete or the Lambda runtime API does not respond.
pub fn run_worker_with_bucket<Event, Output, Work>(work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Output: Serialize,
    Work: Future<Output = Output>,
{
    start(async { work_over(with_failed_records(table_and_bucket().await?)?, work).await })
}

async fn table() -> Result<Store, Error> {
    let config = Config::from_env()?;
    let store = Store::new(function_client(&config), config.table, Arc::new(SystemClock));
    let _ = tokio::time::timeout(WARM_UP, store.warm_up()).await;
    Ok(store)
}

async fn table_and_bucket() -> Result<Store, Error> {
    let config = Config::from_env()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let bucket = function_bucket(&config, config.bucket.as_deref(), &clock);
    let store = Store::new(function_client(&config), config.table, clock).with_bucket(bucket);
    let warm_up = async { tokio::join!(store.warm_up(), store.warm_up_bucket()) };
    let _ = tokio::time::timeout(WARM_UP, warm_up).await;
    Ok(store)
}

fn with_failed_records(store: Store) -> Result<Store, Error> {
    let config = Config::from_env()?;
    let bucket = function_bucket(&config, config.failed_events.as_deref(), &(Arc::new(SystemClock) as Arc<dyn Clock>));
    Ok(store.with_failed_records(bucket))
}

async fn serve_over(store: Store, routes: Router<ApiState>) -> Result<(), Error> {
    poll(serve(routes, ApiState::new(store), Arc::new(SystemClock))).await
}

async fn work_over<Event, Output, Work>(store: Store, work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Output: Serialize,
    Work: Future<Output = Output>,
{
    let answer = |event: LambdaEvent<Event>| {
        let done = work(store.clone(), event.payload);
        async move { Ok::<_, Infallible>(done.await) }
    };
    lambda_runtime::run(lambda_runtime::service_fn(answer)).await
}

/// Serves routes that need no table.
///
/// # Errors
/// If the Lambda runtime API does not respond.
pub fn run_without_table(routes: Router) -> Result<(), Error> {
    start(async { poll(serve(routes, (), Arc::new(SystemClock))).await })
}

fn start(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    telemetry::start();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

async fn poll(router: Router) -> Result<(), Error> {
    lambda_runtime::run(service(router)).await
}

/// Returns the handler of gateway events for a router. Also used by tests with recorded events.
pub fn service(
    router: Router,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = impl Serialize + Debug, Error = Infallible, Future: Send> {
    ServiceBuilder::new().map_request(restore).service(Adapter::from(router))
}

fn restore(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        restore_uri(request);
    }
    event
}

/// Characters that must be encoded in a query (RFC 3986, section 3.4). `%` is kept, so that encoded characters stay
/// encoded.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// Characters that must be encoded in a path, which the gateway has decoded.
const NOT_IN_A_PATH: &AsciiSet = &NOT_IN_A_QUERY
    .add(b'%')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Restores the event's URI to its encoded form. `lambda_http` panics on an invalid URI, which ends the function.
fn restore_uri(request: &mut ApiGatewayV2httpRequest) {
    // The gateway decodes paths. A decoded `?` or `#` would end the path.
    let path = request.raw_path.take().unwrap_or_default();
    let path = format!("/{}", path.strip_prefix('/').unwrap_or(&path));
    request.raw_path = Some(utf8_percent_encode(&path, NOT_IN_A_PATH).to_string());
    // The gateway does not decode queries.
    if let Some(query) = &mut request.raw_query_string {
        *query = utf8_percent_encode(query, NOT_IN_A_QUERY).to_string();
    }
    // The host is not used. Removing it avoids errors from a malformed one.
    request.headers.remove(header::HOST);
    request.request_context.domain_name = None;
}
