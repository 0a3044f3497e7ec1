//! Starts deliveries: invokes the function `deliveries`, asynchronously:
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.

use std::sync::Arc;

use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use deskless_domain::{Clock, WorkspaceId};
use deskless_store::{DeliveryRequest, DeliveryTarget, StartDelivery, StoreError};
use futures_util::future::BoxFuture;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    SystemClock,
    config::Config,
    signed::{Failure, Service, SignedClient},
};

const SERVICE: Service = Service { title: "Lambda", name: "lambda" };
/// The headers of a request whose response does not wait for the function.
const HEADERS: [(&str, &str); 2] = [("content-type", "application/json"), ("x-amz-invocation-type", "Event")];
/// Characters that a name or an ARN keeps in a path.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Starts deliveries through AWS Lambda.
#[derive(Debug)]
pub struct Lambda {
    /// The path of invocations.
    path: String,
    client: SignedClient,
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
        let path = format!("/2015-03-31/functions/{}/invocations", utf8_percent_encode(function, IN_A_PATH));
        Self { path, client: SignedClient::new(SERVICE, region, endpoint, credentials, clock) }
    }

    /// Invokes the function. Lambda has taken the event once this returns.
    async fn invoke(&self, event: &str) -> Result<(), Failure> {
        let response = self.client.post(&self.path, HEADERS, event).await?;
        let text = || {
            let start = String::from_utf8_lossy(&response.body[..response.body.len().min(500)]);
            format!("Lambda responded to an invocation with {} {} {start}", response.status, response.error_type)
        };
        match response.status {
            200..=299 => Ok(()),
            400 | 413 | 415 => Err(Failure::Permanent(text())),
            429 | 500.. => Err(Failure::Transient(text())),
            _ => Err(Failure::Denied(text())),
        }
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
            self.client.retry(|| self.invoke(&event)).await
        })
    }
}

#[cfg(test)]
mod tests;
