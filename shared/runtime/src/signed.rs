//! Signed requests to AWS services of which too few operations are needed for the weight of an SDK.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::config::{ProvideCredentials, SharedCredentialsProvider};
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
use deskless_domain::Clock;
use deskless_store::StoreError;

use crate::client::tls;

/// The maximum number of attempts after transient errors.
const ATTEMPTS: u32 = 3;

/// An AWS service in a region.
#[derive(Debug)]
pub(crate) struct SignedClient {
    service: Service,
    url: String,
    region: String,
    credentials: SharedCredentialsProvider,
    connector: SharedHttpConnector,
    clock: Arc<dyn Clock>,
}

/// The names of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    /// In messages.
    pub title: &'static str,
    /// In signatures and host names.
    pub name: &'static str,
}

/// Why a request failed.
pub(crate) enum Failure {
    /// A retry may succeed.
    Transient(String),
    /// The service, the role or the region has to be repaired, after which the same request succeeds.
    Denied(String),
    Permanent(String),
}

/// A response that was read to its end, so that the connection can be used again.
pub(crate) struct Response {
    pub status: u16,
    /// The header with the code of an error. Empty if there is none.
    pub error_type: String,
    pub body: Vec<u8>,
}

impl SignedClient {
    /// Creates a client. `endpoint` replaces the service's own.
    pub fn new(
        service: Service,
        region: &str,
        endpoint: Option<&str>,
        credentials: SharedCredentialsProvider,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let own = || format!("https://{}.{region}.{suffix}", service.name);
        let url = endpoint.map_or_else(own, |url| url.trim_end_matches('/').to_owned());
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
        Self { service, url, region: region.to_owned(), credentials, connector, clock }
    }

    /// Replaces what sends the requests.
    #[cfg(test)]
    pub fn with_connector(self, connector: SharedHttpConnector) -> Self {
        Self { connector, ..self }
    }

    /// Calls until an attempt succeeds or fails for good.
    pub async fn retry<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        call: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        for attempt in 1.. {
            match call().await {
                Ok(result) => return Ok(result),
                Err(Failure::Denied(text)) => return Err(StoreError::Unavailable(text)),
                Err(Failure::Permanent(text)) => return Err(StoreError::Internal(text)),
                Err(Failure::Transient(text)) if attempt == ATTEMPTS => return Err(StoreError::Unavailable(text)),
                Err(Failure::Transient(_)) => tokio::time::sleep(Duration::from_millis(50) * attempt).await,
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Sends one request. `path` begins with a slash.
    pub async fn post(&self, path: &str, headers: [(&str, &str); 2], body: &str) -> Result<Response, Failure> {
        let title = self.service.title;
        let failed = |e: &dyn Error| Failure::Transient(format!("{title} did not respond: {e}"));
        let request = self.request(path, headers, body).await?;
        let response = self.connector.call(request).await.map_err(|e| failed(&e))?;
        let status = response.status().as_u16();
        let error_type = response.headers().get("x-amzn-errortype").unwrap_or_default().to_owned();
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| failed(&e))?.to_vec();
        Ok(Response { status, error_type, body })
    }

    async fn request(&self, path: &str, headers: [(&str, &str); 2], body: &str) -> Result<HttpRequest, Failure> {
        let title = self.service.title;
        let invalid = |e: &dyn Error| Failure::Permanent(format!("a request to {title} cannot be built: {e}"));
        let credentials = self.credentials.provide_credentials().await;
        let identity: Identity =
            credentials.map_err(|e| Failure::Denied(format!("there are no AWS credentials: {e}")))?.into();
        let url = format!("{}{path}", self.url);
        let now = Duration::from_secs(self.clock.now().as_seconds().max(0).unsigned_abs());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service.name)
            .time(SystemTime::UNIX_EPOCH + now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|e| invalid(&e))?
            .into();
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))
            .map_err(|e| invalid(&e))?;
        let instructions = sign(signable, &parameters).map_err(|e| invalid(&e))?.into_parts().0;
        let mut request = http::Request::builder().method("POST").uri(&url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request = request
            .header("content-length", body.len().to_string())
            .body(SdkBody::from(body))
            .map_err(|e| invalid(&e))?;
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).map_err(|e| invalid(&e))
    }
}
