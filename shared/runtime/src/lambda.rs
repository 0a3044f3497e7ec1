//! From the Lambda runtime to a router.

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

/// How long a start may wait for the table. A start that fails is worse than a first request that is slow.
const WARM_UP: Duration = Duration::from_secs(2);

/// Serves a group's routes from one Lambda function, over the table that `TABLE_NAME` names.
///
/// Clients are made and the connection is opened before the first request is asked for: during the start a function
/// has more CPU than it is paid for.
///
/// # Errors
/// When the environment is incomplete or the Lambda runtime does not answer.
pub fn run(routes: Router<ApiState>) -> Result<(), Error> {
    start(async { serve_over(table().await?, routes).await })
}

/// The same, over the bucket that `FILES_BUCKET` names as well. What asks for a bucket is a part of the binary, so only
/// functions that touch files do.
///
/// # Errors
/// When the environment is incomplete or the Lambda runtime does not answer.
pub fn run_with_bucket(routes: Router<ApiState>) -> Result<(), Error> {
    start(async { serve_over(table_and_bucket().await?, routes).await })
}

/// Hands the events of one kind to `work`, over the table that `TABLE_NAME` names.
///
/// # Errors
/// When the environment is incomplete or the Lambda runtime does not answer.
pub fn run_worker<Event, Answer, Work>(work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Work: Future<Output = Answer>,
{
    start(async { work_over(table().await?, work).await })
}

/// The same, over the bucket that `FILES_BUCKET` names as well.
///
/// # Errors
/// When the environment is incomplete or the Lambda runtime does not answer.
pub fn run_worker_with_bucket<Event, Answer, Work>(work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Work: Future<Output = Answer>,
{
    start(async { work_over(table_and_bucket().await?, work).await })
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
    let bucket = function_bucket(&config, &clock);
    let store = Store::new(function_client(&config), config.table, clock).with_bucket(bucket);
    let warm_up = async { tokio::join!(store.warm_up(), store.warm_up_bucket()) };
    let _ = tokio::time::timeout(WARM_UP, warm_up).await;
    Ok(store)
}

async fn serve_over(store: Store, routes: Router<ApiState>) -> Result<(), Error> {
    poll(serve(routes, ApiState::new(store), Arc::new(SystemClock))).await
}

async fn work_over<Event, Answer, Work>(store: Store, work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Answer: Serialize,
    Work: Future<Output = Answer>,
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
/// When the Lambda runtime does not answer.
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

/// What answers the gateway's events with a group's routes: in a function, and in tests with recorded events.
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

/// What may not stand in a query as it is (RFC 3986, section 3.4). What is encoded already stays so.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// The same for a path, where nothing is encoded any more.
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

/// Gives the event the URI that it had before the gateway took it apart. `lambda_http` panics when it cannot put one
/// together, and a panic ends the function.
fn restore_uri(request: &mut ApiGatewayV2httpRequest) {
    // The gateway decodes paths, and a decoded `?` or `#` would end the path where it stands.
    let path = request.raw_path.take().unwrap_or_default();
    let path = format!("/{}", path.strip_prefix('/').unwrap_or(&path));
    request.raw_path = Some(utf8_percent_encode(&path, NOT_IN_A_PATH).to_string());
    // Queries come as the client wrote them.
    if let Some(query) = &mut request.raw_query_string {
        *query = utf8_percent_encode(query, NOT_IN_A_QUERY).to_string();
    }
    // Nobody here asks for the host, and without one there is none that could be malformed.
    request.headers.remove(header::HOST);
    request.request_context.domain_name = None;
}
