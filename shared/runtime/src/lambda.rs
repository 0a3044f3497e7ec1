//! Runs routers and workers on the Lambda runtime.

use std::{
    convert::Infallible,
    fmt::{Debug, Display},
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::Request, http::header, middleware::map_request};
use deskless_api::{ApiState, Invocation, serve};
use deskless_domain::Clock;
use deskless_store::Store;
use lambda_http::{
    Adapter, Error, LambdaEvent, RequestExt, Service,
    aws_lambda_events::apigw::ApiGatewayV2httpRequest,
    lambda_runtime,
    request::{LambdaRequest, RequestContext},
    tower::ServiceBuilder,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument;

use crate::{
    SystemClock, bucket::function_bucket, client::function_client, config::Config, data_keys::function_data_keys,
    deliveries::function_deliveries, telemetry,
};

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

/// Passes each event to `work`, with the table that `TABLE_NAME` names: for a function that a schedule or another function invokes.
///
/// # Errors
/// If the environment is incomplete or the Lambda runtime API does not respond.
pub fn run_task<Event, Output, Work>(work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Output: Serialize,
    Work: Future<Output = Output>,
{
    start(async { work_over(table().await?, work).await })
}

/// Passes each event to `work`, as [`run_task`], for the function `deliveries`, which starts itself for what it leaves. After an error,
/// Lambda invokes it again, up to twice.
///
/// # Errors
/// If the environment is incomplete or the Lambda runtime API does not respond.
pub fn run_retried_task<Event, Failure, Work>(work: impl Fn(Store, Event) -> Work) -> Result<(), Error>
where
    Event: DeserializeOwned,
    Failure: Display,
    Work: Future<Output = Result<(), Failure>>,
{
    start(async {
        let store = table_of(Config::from_env()?.starting_itself()).await?;
        let answer = |event: LambdaEvent<Event>| {
            let span = tracing::error_span!("invocation", lambda_request_id = event.context.request_id);
            let done = work(store.clone(), event.payload);
            async move { done.await.map_err(|error| Error::from(error.to_string())) }.instrument(span)
        };
        lambda_runtime::run(lambda_runtime::service_fn(answer)).await
    })
}

async fn table() -> Result<Store, Error> {
    table_of(Config::from_env()?).await
}

async fn table_of(config: Config) -> Result<Store, Error> {
    let (keys, deliveries) = (function_data_keys(&config)?, function_deliveries(&config));
    let store = Store::new(function_client(&config), config.table, Arc::new(SystemClock)).with_data_keys(keys);
    let store = store.with_deliveries(deliveries);
    let _ = tokio::time::timeout(WARM_UP, store.warm_up()).await;
    Ok(store)
}

async fn table_and_bucket() -> Result<Store, Error> {
    let config = Config::from_env()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let bucket = function_bucket(&config, config.bucket.as_deref(), &clock);
    let (keys, deliveries) = (function_data_keys(&config)?, function_deliveries(&config));
    let store = Store::new(function_client(&config), config.table, clock).with_bucket(bucket).with_data_keys(keys);
    let store = store.with_deliveries(deliveries);
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
        let span = tracing::error_span!("invocation", lambda_request_id = event.context.request_id);
        let done = work(store.clone(), event.payload);
        async move { Ok::<_, Infallible>(done.await) }.instrument(span)
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
    ServiceBuilder::new().map_request(restore).service(Adapter::from(router.layer(map_request(name_invocation))))
}

/// Passes the request's ids in AWS on to the log line.
async fn name_invocation(mut request: Request) -> Request {
    let gateway = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    if let Some(lambda) = request.lambda_context_ref().map(|context| context.request_id.clone()) {
        request.extensions_mut().insert(Invocation { lambda, gateway });
    }
    request
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

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use axum::{Router, http::StatusCode, routing::get};
    use deskless_api::serve;
    use lambda_http::{Context, LambdaEvent, tower::ServiceExt};
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::service;
    use crate::{SystemClock, telemetry::lines};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("the lock is not poisoned").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Sends a request through the gateway's event and returns its log line.
    async fn line_of(path: &str) -> Value {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::registry().with(lines(move || writer.clone()));
        let guard = tracing::subscriber::set_default(subscriber);
        let fails = || async { StatusCode::BAD_GATEWAY };
        let routes = Router::new().route("/works", get(|| async { "" })).route("/fails", get(fails));
        let event = json!({
            "version": "2.0", "routeKey": "ANY /", "rawPath": path, "rawQueryString": "", "isBase64Encoded": false,
            "headers": { "x-request-id": "ours-1" },
            "requestContext": {
                "requestId": "gateway-1", "accountId": "1", "apiId": "a", "stage": "$default", "timeEpoch": 1,
                "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "a" },
            },
        });
        let mut context = Context::default();
        "lambda-1".clone_into(&mut context.request_id);
        let event = LambdaEvent::new(serde_json::from_value(event).expect("an event"), context);
        let Ok(_) = service(serve(routes, (), Arc::new(SystemClock))).oneshot(event).await;
        drop(guard);
        let text = String::from_utf8(log.0.lock().expect("the lock is not poisoned").clone()).expect("text");
        assert_eq!(text.lines().count(), 1, "one line for each request: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    #[tokio::test]
    async fn log_line_joins_the_three_request_ids() {
        let line = line_of("/works").await;
        assert_eq!(
            [&line["request_id"], &line["lambda_request_id"], &line["gateway_request_id"]],
            ["ours-1", "lambda-1", "gateway-1"]
        );
    }

    #[tokio::test]
    async fn log_line_has_a_level_that_lambda_keeps() {
        for (path, level, status) in [("/works", "INFO", 200), ("/fails", "ERROR", 502)] {
            let line = line_of(path).await;
            assert_eq!((&line["level"], &line["status"]), (&json!(level), &json!(status)));
            // RFC 3339, such as 2024-11-02T16:51:31.587199Z.
            let timestamp = line["timestamp"].as_str().expect("a timestamp");
            let form = timestamp.replace(|c: char| c.is_ascii_digit(), "0");
            assert_eq!(form, "0000-00-00T00:00:00.000000Z");
        }
    }
}
