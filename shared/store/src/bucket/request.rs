use aws_sigv4::http_request::SignatureLocation;
use aws_smithy_runtime_api::{
    client::{http::HttpConnector, orchestrator::HttpRequest},
    http::Headers,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use super::Bucket;
use crate::{StoreError, backoff::Backoff, error::causes};

/// The maximum number of attempts of a request after transient errors. All requests here are idempotent.
const ATTEMPTS: usize = 4;

/// A response of S3 that is not an error.
pub(super) enum S3Response {
    /// Success, with the response's headers and body.
    Done(Headers, Vec<u8>),
    /// The object does not exist.
    NotFound,
    /// The object has a different entity tag.
    PreconditionFailed,
}

/// Why a request failed.
pub(super) enum Failure {
    /// A retry may succeed.
    Transient(String),
    /// The credentials are refused: a configuration to repair, after which the same request succeeds.
    Denied(String),
    Permanent(String),
}

impl Bucket {
    /// Sends a request without a body, up to four times after transient errors.
    pub(super) async fn send(
        &self,
        method: &str,
        key: &str,
        headers: &[(&str, &str)],
    ) -> Result<S3Response, StoreError> {
        self.send_with(method, key, headers, Vec::new()).await
    }

    /// Sends a request with a body, up to four times after transient errors.
    pub(super) async fn send_with(
        &self,
        method: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<S3Response, StoreError> {
        let mut backoff = Backoff::new(&*self.clock, None);
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.send_once(method, key, headers, &body).await {
                Ok(response) => return Ok(response),
                Err(Failure::Denied(text)) => return Err(StoreError::Unavailable(text)),
                Err(Failure::Permanent(text)) => return Err(StoreError::Internal(text)),
                Err(Failure::Transient(text)) if attempts == ATTEMPTS => return Err(StoreError::Unavailable(text)),
                Err(Failure::Transient(text)) => backoff.pause(&text).await?,
            }
        }
    }

    /// Sends a request once.
    pub(super) async fn send_once(
        &self,
        method: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<S3Response, Failure> {
        let invalid =
            |e: &dyn std::error::Error| Failure::Permanent(format!("a request to S3 cannot be built: {}", causes(e)));
        let url = format!("{}/{key}", self.base);
        let mut request = http::Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == "PUT" {
            // A copy has no body, but S3 requires the length.
            request = request.header("content-length", body.len().to_string());
        }
        let mut request = request.body(SdkBody::from(body)).map_err(|e| invalid(&e))?;
        let instructions = self
            .signed(method, &url, headers, body, SignatureLocation::Headers)
            .map_err(|e| Failure::Permanent(e.to_string()))?;
        instructions.apply_to_request_http1x(&mut request);
        let request = HttpRequest::try_from(request).map_err(|e| invalid(&e))?;

        let transient = |text: String| Failure::Transient(format!("S3 did not respond to {method} {key}: {text}"));
        let response = self.connector.call(request).await.map_err(|e| transient(causes(&e)))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| transient(causes(&e)))?.to_vec();
        if method == "GET" && (200..=299).contains(&status) {
            return Ok(S3Response::Done(headers, body));
        }
        let body = String::from_utf8_lossy(&body);
        let code = element(&body, "Code").unwrap_or_default();
        // A copy that fails after it started is a 200 with an error in the body.
        let failed = body.contains("<Error>");
        match (status, code) {
            (200..=299, _) if !failed => Ok(S3Response::Done(headers, Vec::new())),
            (404, "" | "NoSuchKey") | (_, "NoSuchKey") => Ok(S3Response::NotFound),
            (412, _) | (_, "PreconditionFailed") => Ok(S3Response::PreconditionFailed),
            _ => {
                let request = headers.get("x-amz-request-id").unwrap_or_default();
                let message = element(&body, "Message").unwrap_or_default();
                let text = format!("S3 responded to {method} {key} with {status} {code} {message} (request {request})");
                let is_busy = matches!(code, "SlowDown" | "InternalError" | "ServiceUnavailable" | "RequestTimeout");
                Err(if matches!(status, 401 | 403) {
                    Failure::Denied(text)
                } else if is_busy || status >= 500 || status == 429 {
                    Failure::Transient(text)
                } else {
                    Failure::Permanent(text)
                })
            }
        }
    }
}

/// Returns the text of an element in an S3 error. S3 errors are flat XML.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn error_elements_are_parsed() {
        let xml = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>It is gone.</Message></Error>";
        assert_eq!(element(xml, "Code"), Some("NoSuchKey"));
        assert_eq!(element(xml, "Message"), Some("It is gone."));
        assert_eq!(element(xml, "Key"), None);
        assert_eq!(element("", "Code"), None);
    }
}
