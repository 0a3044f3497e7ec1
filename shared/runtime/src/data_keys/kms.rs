//! A client for AWS KMS. Two operations are needed, which is too few for the weight of the SDK:
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html> and
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>.

use std::{
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
use base64::{Engine, prelude::BASE64_STANDARD};
use deskless_domain::Clock;
use deskless_store::{DataKeyProvider, NewDataKey, PlainDataKey, StoreError};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::client::tls;

/// The maximum number of attempts after transient errors.
const ATTEMPTS: u32 = 3;

/// The encryption context of every data key. A role's policy can require it.
const CONTEXT: [(&str, &str); 1] = [("purpose", "deskless-secrets")];

/// A KMS key that encrypts data keys.
#[derive(Debug)]
pub struct Kms {
    /// The key's ARN. Without one, data keys cannot be generated.
    key: Option<String>,
    region: String,
    url: String,
    credentials: SharedCredentialsProvider,
    connector: SharedHttpConnector,
    clock: Arc<dyn Clock>,
}

enum Failure {
    /// A retry may succeed.
    Transient(String),
    /// The key or the policy has to be repaired, after which the same request succeeds.
    Denied(String),
    Permanent(String),
}

impl Kms {
    pub fn new(
        key: Option<String>,
        region: &str,
        endpoint: Option<&str>,
        credentials: SharedCredentialsProvider,
        clock: Arc<dyn Clock>,
    ) -> Self {
        // arn:aws:kms:eu-central-1:123456789012:key/…
        let region = key.as_deref().and_then(|arn| arn.split(':').nth(3)).unwrap_or(region).to_owned();
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = endpoint.map_or_else(|| format!("https://kms.{region}.{suffix}/"), str::to_owned);
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
        Self { key, region, url, credentials, connector, clock }
    }

    async fn call(&self, operation: &str, body: &Value) -> Result<Value, StoreError> {
        let body = body.to_string();
        for attempt in 1.. {
            match self.call_once(operation, &body).await {
                Ok(response) => return Ok(response),
                Err(Failure::Denied(text)) => return Err(StoreError::Unavailable(text)),
                Err(Failure::Permanent(text)) => return Err(StoreError::Internal(text)),
                Err(Failure::Transient(text)) if attempt == ATTEMPTS => return Err(StoreError::Unavailable(text)),
                Err(Failure::Transient(_)) => tokio::time::sleep(Duration::from_millis(50) * attempt).await,
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn call_once(&self, operation: &str, body: &str) -> Result<Value, Failure> {
        let failed = |e: &dyn std::error::Error| Failure::Transient(format!("KMS did not respond to {operation}: {e}"));
        let request = self.request(operation, body).await?;
        let response = self.connector.call(request).await.map_err(|e| failed(&e))?;
        let status = response.status().as_u16();
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| failed(&e))?.to_vec();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if (200..=299).contains(&status) {
            return Ok(body);
        }
        let code = body["__type"].as_str().and_then(|code| code.rsplit('#').next()).unwrap_or_default();
        let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
        let text = format!("KMS responded to {operation} with {status} {code} {message}");
        Err(match code {
            "InvalidCiphertextException" | "IncorrectKeyException" | "ValidationException" => Failure::Permanent(text),
            "ThrottlingException" | "LimitExceededException" | "DependencyTimeoutException" => Failure::Transient(text),
            _ if status >= 500 || status == 429 => Failure::Transient(text),
            _ => Failure::Denied(text),
        })
    }

    async fn request(&self, operation: &str, body: &str) -> Result<HttpRequest, Failure> {
        let invalid = |e: &dyn std::error::Error| Failure::Permanent(format!("a request to KMS cannot be built: {e}"));
        let credentials = self.credentials.provide_credentials().await;
        let identity: Identity =
            credentials.map_err(|e| Failure::Denied(format!("there are no AWS credentials: {e}")))?.into();
        let target = format!("TrentService.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let now = Duration::from_secs(self.clock.now().as_seconds().max(0).unsigned_abs());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("kms")
            .time(SystemTime::UNIX_EPOCH + now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|e| invalid(&e))?
            .into();
        let signable =
            SignableRequest::new("POST", &self.url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))
                .map_err(|e| invalid(&e))?;
        let instructions = sign(signable, &parameters).map_err(|e| invalid(&e))?.into_parts().0;
        let mut request = http::Request::builder().method("POST").uri(&self.url);
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

/// Returns a field of a response that is in base64.
fn bytes(response: &Value, name: &str) -> Result<Vec<u8>, StoreError> {
    let decoded = response[name].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
    decoded.ok_or_else(|| StoreError::Internal(format!("the response of KMS has no {name}")))
}

fn plain(response: &Value) -> Result<PlainDataKey, StoreError> {
    let wrong = |_| StoreError::Internal("the data key from KMS has the wrong length".to_owned());
    bytes(response, "Plaintext")?.try_into().map(PlainDataKey).map_err(wrong)
}

fn context() -> Value {
    CONTEXT.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

impl DataKeyProvider for Kms {
    fn generate(&self) -> BoxFuture<'_, Result<NewDataKey, StoreError>> {
        Box::pin(async move {
            let key = self.key.as_deref().ok_or_else(|| {
                StoreError::Internal(
                    "the KMS key is not known. Pass --secrets-key or set DESKLESS_SECRETS_KEY: the output \
                     SecretsKeyArn of the stack"
                        .to_owned(),
                )
            })?;
            let request = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context() });
            let response = self.call("GenerateDataKey", &request).await?;
            Ok(NewDataKey { plain: plain(&response)?, wrapped: bytes(&response, "CiphertextBlob")? })
        })
    }

    fn unwrap<'a>(&'a self, wrapped: &'a [u8]) -> BoxFuture<'a, Result<PlainDataKey, StoreError>> {
        Box::pin(async move {
            let blob = BASE64_STANDARD.encode(wrapped);
            let mut request = json!({ "CiphertextBlob": blob, "EncryptionContext": context() });
            if let Some(key) = &self.key {
                request["KeyId"] = key.as_str().into();
            }
            plain(&self.call("Decrypt", &request).await?)
        })
    }
}

#[cfg(test)]
mod tests;
