use std::time::Duration;

use bytes::Bytes;
use deskless_domain::{Reach, Timestamp, WebhookHeaders, WebhookSecret, WebhookUrl};
use http::{HeaderName, HeaderValue, header};
use http_body_util::Full;

use crate::{Failure, signature};

/// A POST of JSON.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The URL.
    pub url: &'a WebhookUrl,
    /// Where it may go. The default is to public addresses only.
    pub reach: Reach,
    /// The headers that the workspace adds.
    pub headers: &'a WebhookHeaders,
    /// The secrets that sign the request: one, or two while a secret is replaced. The receiver accepts either signature.
    pub secrets: &'a [&'a WebhookSecret],
    /// The id. Repeats have the same id.
    pub id: &'a str,
    /// The JSON body: at most 1 MiB.
    pub body: Bytes,
    /// The timeout, from name resolution to the head of the response.
    pub timeout: Duration,
}

impl Request<'_> {
    /// The maximum size of a body, in bytes.
    pub const MAX_BODY: usize = 1024 * 1024;
    /// The timeout of a delivery.
    pub const TIMEOUT: Duration = Duration::from_secs(15);

    /// Builds the request, signed for this time.
    pub(crate) fn build(&self, time: Timestamp) -> Result<http::Request<Full<Bytes>>, Failure> {
        if self.body.len() > Self::MAX_BODY {
            return Err(Failure::Internal);
        }
        let signature = signature::sign(self.secrets, self.id, time, &self.body).ok_or(Failure::Internal)?;
        let mut request = http::Request::post(self.url.path())
            .header(header::HOST, self.url.authority().to_ascii_lowercase())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, HeaderValue::from_static(concat!("Deskless/", env!("CARGO_PKG_VERSION"))))
            .header("webhook-id", self.id)
            .header("webhook-timestamp", time.as_seconds())
            .header("webhook-signature", signature)
            .body(Full::from(self.body.clone()))
            .map_err(|_| Failure::Internal)?;
        for (name, value) in self.headers.iter() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Internal)?;
            let value = HeaderValue::from_str(value).map_err(|_| Failure::Internal)?;
            // Reserved names are refused by `WebhookHeaders`. If one was stored all the same, ours is kept.
            request.headers_mut().entry(name).or_insert(value);
        }
        Ok(request)
    }
}
