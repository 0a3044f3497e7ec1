//! Starts deliveries: invokes the function `deliveries`, asynchronously.
//!
//! One operation is needed, which is too few for the weight of the SDK:
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector},
    identity::Identity,
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use deskless_domain::{Clock, WorkspaceId};
use deskless_store::{DeliveryRequest, DeliveryTarget, StartDelivery, StoreError};
use futures_util::future::BoxFuture;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{SystemClock, client::tls, config::Config};

/// The maximum number of attempts after transient errors.
const ATTEMPTS: u32 = 3;
/// The header that says that the response does not wait for the function.
const INVOCATION_TYPE: (&str, &str) = ("x-amz-invocation-type", "Event");
/// Characters that a name or an ARN keeps in a path.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Starts deliveries through AWS Lambda.
#[derive(Debug)]
pub struct Lambda {
    url: String,
    region: String,
    credentials: SharedCredentialsProvider,
    connector: SharedHttpConnector,
    clock: Arc<dyn Clock>,
}

enum Failure {
    /// A retry may succeed.
    Transient(String),
    /// The function, the role or the region has to be repaired, after which the same request succeeds.
    Denied(String),
    Permanent(String),
}

/// Returns the way to start deliveries that the function's environment names, if any.
pub(crate) fn function_deliveries(config: &Config) -> Option<Arc<dyn StartDelivery>> {
    let Config { region, access_key_id, secret_access_key, session_token, lambda_endpoint, .. } = config;
    let function = config.deliveries_function.as_deref()?;
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "environment");
    let credentials = SharedCredentialsProvider::new(credentials);
    Some(Arc::new(Lambda::new(function, region, lambda_endpoint.as_deref(), credentials, Arc::new(SystemClock))))
}

impl Lambda {
    /// Creates a client for a function, which is given by its name or its ARN, with an alias or without.
    pub fn new(
        function: &str,
        region: &str,
        endpoint: Option<&str>,
        credentials: SharedCredentialsProvider,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let host = endpoint
            .map_or_else(|| format!("https://lambda.{region}.{suffix}"), |url| url.trim_end_matches('/').to_owned());
        let url = format!("{host}/2015-03-31/functions/{}/invocations", utf8_percent_encode(function, IN_A_PATH));
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(Duration::from_secs(1))
            .read_timeout(Duration::from_secs(2))
            .build();
        let builder = Connector::builder().connector_settings(settings).sleep_impl(TokioSleep::new());
        let connector = if url.starts_with("http://") {
            SharedHttpConnector::new(builder.build_http())
        } else {
            SharedHttpConnector::new(tls(builder))
        };
        Self { url, region: region.to_owned(), credentials, connector, clock }
    }

    /// Invokes the function. Lambda has taken the event once this returns.
    async fn invoke(&self, event: &str) -> Result<(), StoreError> {
        for attempt in 1.. {
            match self.invoke_once(event).await {
                Ok(()) => return Ok(()),
                Err(Failure::Denied(text)) => return Err(StoreError::Unavailable(text)),
                Err(Failure::Permanent(text)) => return Err(StoreError::Internal(text)),
                Err(Failure::Transient(text)) if attempt == ATTEMPTS => return Err(StoreError::Unavailable(text)),
                Err(Failure::Transient(_)) => tokio::time::sleep(Duration::from_millis(50) * attempt).await,
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn invoke_once(&self, event: &str) -> Result<(), Failure> {
        let failed =
            |e: &dyn std::error::Error| Failure::Transient(format!("Lambda did not respond to an invocation: {e}"));
        let request = self.request(event).await?;
        let response = self.connector.call(request).await.map_err(|e| failed(&e))?;
        let status = response.status().as_u16();
        let code = response.headers().get("x-amzn-errortype").unwrap_or_default().to_owned();
        // Reads it to the end, so that the connection can be used again.
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| failed(&e))?.to_vec();
        let text = || {
            let start = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
            format!("Lambda responded to an invocation with {status} {code} {start}")
        };
        match status {
            200..=299 => Ok(()),
            400 | 413 | 415 => Err(Failure::Permanent(text())),
            429 | 500.. => Err(Failure::Transient(text())),
            _ => Err(Failure::Denied(text())),
        }
    }

    async fn request(&self, event: &str) -> Result<HttpRequest, Failure> {
        let invalid =
            |e: &dyn std::error::Error| Failure::Permanent(format!("a request to Lambda cannot be built: {e}"));
        let credentials = self.credentials.provide_credentials().await;
        let identity: Identity =
            credentials.map_err(|e| Failure::Denied(format!("there are no AWS credentials: {e}")))?.into();
        let headers = [("content-type", "application/json"), INVOCATION_TYPE];
        let now = Duration::from_secs(self.clock.now().as_seconds().max(0).unsigned_abs());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("lambda")
            .time(SystemTime::UNIX_EPOCH + now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|e| invalid(&e))?
            .into();
        let signable =
            SignableRequest::new("POST", &self.url, headers.into_iter(), SignableBody::Bytes(event.as_bytes()))
                .map_err(|e| invalid(&e))?;
        let instructions = sign(signable, &parameters).map_err(|e| invalid(&e))?.into_parts().0;
        let mut request = http::Request::builder().method("POST").uri(&self.url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request
            .header("content-length", event.len().to_string())
            .body(SdkBody::from(event))
            .map_err(|e| invalid(&e))?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).map_err(|e| invalid(&e))
    }
}

impl StartDelivery for Lambda {
    fn start<'a>(
        &'a self,
        workspace: WorkspaceId,
        target: &'a DeliveryTarget,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let request = DeliveryRequest { workspace, target: target.clone() };
            let event = serde_json::to_string(&request)
                .map_err(|e| StoreError::Internal(format!("the start of a delivery cannot be written: {e}")))?;
            self.invoke(&event).await
        })
    }
}

#[cfg(test)]
mod tests;
