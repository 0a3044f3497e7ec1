use aws_sigv4::http_request::SignatureLocation;
use aws_smithy_runtime_api::{
    client::{http::HttpConnector, orchestrator::HttpRequest},
    http::Headers,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use super::Bucket;
use crate::{StoreError, backoff::Backoff, error::causes};

/// How often a request is sent, when S3 is busy or out of reach. All of ours may be carried out twice.
const ATTEMPTS: usize = 4;

/// What S3 answered.
pub(super) struct Answer {
    pub headers: Headers,
}

/// An answer that is no fault.
pub(super) enum Reply {
    Done(Answer),
    /// There is no such object.
    Missing,
    /// The object has another tag.
    Changed,
}

/// Why there is no answer.
pub(super) enum Failure {
    /// It may work in a moment.
    Passing(String),
    Final(String),
}

impl Bucket {
    pub(super) async fn send(&self, method: &str, key: &str, headers: &[(&str, &str)]) -> Result<Reply, StoreError> {
        let mut backoff = Backoff::new(&*self.clock);
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.send_once(method, key, headers).await {
                Ok(reply) => return Ok(reply),
                Err(Failure::Final(text)) => return Err(StoreError::Internal(text)),
                Err(Failure::Passing(text)) if attempts == ATTEMPTS => return Err(StoreError::Unavailable(text)),
                Err(Failure::Passing(text)) => backoff.pause(&text).await?,
            }
        }
    }

    pub(super) async fn send_once(&self, method: &str, key: &str, headers: &[(&str, &str)]) -> Result<Reply, Failure> {
        let wrong =
            |e: &dyn std::error::Error| Failure::Final(format!("a request to S3 cannot be made: {}", causes(e)));
        let url = format!("{}/{key}", self.base);
        let mut request = http::Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == "PUT" {
            // A copy has no body, and S3 wants to be told.
            request = request.header("content-length", "0");
        }
        let mut request = request.body(SdkBody::empty()).map_err(|e| wrong(&e))?;
        let instructions = self
            .signed(method, &url, headers, SignatureLocation::Headers)
            .map_err(|e| Failure::Final(e.to_string()))?;
        instructions.apply_to_request_http1x(&mut request);
        let request = HttpRequest::try_from(request).map_err(|e| wrong(&e))?;

        let passing = |text: String| Failure::Passing(format!("S3, {method} {key}: {text}"));
        let response = self.connector.call(request).await.map_err(|e| passing(causes(&e)))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|e| passing(causes(&e)))?.to_vec();
        let body = String::from_utf8_lossy(&body);
        let code = element(&body, "Code").unwrap_or_default();
        // A copy that fails half way is a 200 with an error in it.
        let failed = body.contains("<Error>");
        match (status, code) {
            (200..=299, _) if !failed => Ok(Reply::Done(Answer { headers })),
            (404, "" | "NoSuchKey") | (_, "NoSuchKey") => Ok(Reply::Missing),
            (412, _) | (_, "PreconditionFailed") => Ok(Reply::Changed),
            _ => {
                let request = headers.get("x-amz-request-id").unwrap_or_default();
                let message = element(&body, "Message").unwrap_or_default();
                let text = format!("S3 answers {method} {key} with {status} {code} {message} (request {request})");
                let busy = matches!(code, "SlowDown" | "InternalError" | "ServiceUnavailable" | "RequestTimeout");
                Err(if busy || status >= 500 || status == 429 { Failure::Passing(text) } else { Failure::Final(text) })
            }
        }
    }
}

/// The text of an element of S3's errors, which are flat.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn an_error_is_read_as_far_as_it_is_needed() {
        let xml = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>It is gone.</Message></Error>";
        assert_eq!(element(xml, "Code"), Some("NoSuchKey"));
        assert_eq!(element(xml, "Message"), Some("It is gone."));
        assert_eq!(element(xml, "Key"), None);
        assert_eq!(element("", "Code"), None);
    }
}
