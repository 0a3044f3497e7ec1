//! A client for AWS KMS. Two operations are needed, which is too few for the weight of the SDK:
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html> and
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>.

use std::sync::Arc;

use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use base64::{Engine, prelude::BASE64_STANDARD};
use deskless_domain::Clock;
use deskless_store::{DataKeyProvider, NewDataKey, PlainDataKey, StoreError};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::signed::{Failure, Service, SignedClient};

const SERVICE: Service = Service { title: "KMS", name: "kms" };
/// The encryption context of every data key. A role's policy can require it.
const CONTEXT: [(&str, &str); 1] = [("purpose", "deskless-secrets")];

/// A KMS key that encrypts data keys.
#[derive(Debug)]
pub struct Kms {
    /// The key's ARN. Without one, data keys cannot be generated.
    key: Option<String>,
    client: SignedClient,
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
        Self { client: SignedClient::new(SERVICE, &region, endpoint, credentials, clock), key }
    }

    async fn call(&self, operation: &str, body: &Value) -> Result<Value, StoreError> {
        let body = body.to_string();
        self.client.retry(|| self.call_once(operation, &body)).await
    }

    async fn call_once(&self, operation: &str, body: &str) -> Result<Value, Failure> {
        let target = format!("TrentService.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let response = self.client.post("/", headers, body).await?;
        let status = response.status;
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
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
