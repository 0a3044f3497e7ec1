//! From the Lambda runtime to a router.

use std::{sync::Arc, time::Duration};

use axum::Router;
use deskless_api::{ApiState, serve};
use deskless_domain::Clock;
use deskless_store::Store;
use lambda_http::{
    Adapter, Error, LambdaEvent, lambda_runtime,
    request::LambdaRequest,
    tower::ServiceBuilder,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::{SystemClock, client::deployed_client, config::Config, telemetry};

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
    start(async {
        let config = Config::from_env()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::new(deployed_client().await, config.table, Arc::clone(&clock));
        let _ = tokio::time::timeout(WARM_UP, store.warm_up()).await;
        poll(serve(routes, ApiState::new(store), clock)).await
    })
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
    let service = ServiceBuilder::new().map_request(restore_path).service(Adapter::from(router));
    lambda_runtime::run(service).await
}

/// What may stand in a path as it is (RFC 3986, section 3.3); everything else goes back to its percent-encoded form.
const NOT_IN_A_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'[').add(b'\\').add(b']').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// The gateway decodes paths before we see them, and a decoded `?` or `#` would end the path where it stands.
fn restore_path(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload
        && let Some(path) = &mut request.raw_path
    {
        *path = utf8_percent_encode(path, NOT_IN_A_PATH).to_string();
    }
    event
}
