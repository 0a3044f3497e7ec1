//! The HTTP client for webhooks, whose URLs come from API users.
//!
//! A function can reach addresses that are not public, so the client prevents server-side request forgery. It resolves a host
//! once, rejects it if any of its addresses is not public, and connects to exactly one of these addresses. It follows no
//! redirects. So neither DNS rebinding nor a redirect leads to an internal address.

mod address;
mod network;
mod signature;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use deskless_app::{
    AppError,
    automations::{WebhookCall, WebhookCaller},
};
use deskless_domain::{Reason, Timestamp, WebhookSecret, WebhookUrl};
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

pub use network::{Internet, Later, Network};

use crate::payload::{self, MAX_BODY};

/// The timeout of a call, from name resolution to the response.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout for connecting to one address. Then the next address is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// The timeout for reading the rest of a response.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum size of a response, in bytes. The rest is not read.
const MAX_RESPONSE: usize = 64 * 1024;
/// The port of every webhook URL.
const PORT: u16 = 443;
/// The maximum number of addresses of a host that are tried.
const MAX_ADDRESSES: usize = 4;

/// A webhook call.
#[derive(Debug)]
pub struct Call<'a> {
    /// The URL.
    pub url: &'a WebhookUrl,
    /// The secret that signs the call.
    pub secret: &'a WebhookSecret,
    /// The id. Repeats of the call have the same id.
    pub id: &'a str,
    /// The time of the call.
    pub time: Timestamp,
    /// The JSON body: at most 64 KiB.
    pub body: Vec<u8>,
}

/// The reason why a call failed. Its text is shown in the execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The host name has no address.
    #[error("The host name could not be resolved. Check the URL.")]
    HostNotFound,
    /// The host has an address that is not public.
    #[error("The host has an address that is not public. Webhooks are sent to public addresses only.")]
    NotPublic,
    /// None of the addresses accepted a connection.
    #[error("The host did not accept a connection on port 443.")]
    Unreachable,
    /// The TLS handshake failed.
    #[error("The TLS handshake failed. Check the host's certificate.")]
    TlsFailed,
    /// The call timed out.
    #[error("The host did not respond within 5 seconds.")]
    Timeout,
    /// The response was not valid HTTP, or the connection was closed.
    #[error("The host's response was not valid HTTP.")]
    InvalidResponse,
    /// The status of the response was not 2xx.
    #[error("The host responded with {0}. {hint}.", hint = if .0.is_redirection() { "Redirects are not followed" } else { "The status must be 2xx" })]
    BadStatus(StatusCode),
    /// The request could not be built, which is a bug.
    #[error("The request could not be built. This is an error in Deskless.")]
    Internal,
}

impl Failure {
    /// Returns a stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HostNotFound => "host_not_found",
            Self::NotPublic => "address_not_public",
            Self::Unreachable => "unreachable",
            Self::TlsFailed => "tls_failed",
            Self::Timeout => "timeout",
            Self::InvalidResponse => "bad_answer",
            Self::BadStatus(_) => "bad_status",
            Self::Internal => "internal_error",
        }
    }
}

/// The HTTP client for webhooks.
pub struct Webhooks {
    network: Arc<dyn Network>,
    /// The function that loads the root certificates. It is called at the first call, because most workspaces make none.
    roots: fn() -> RootCertStore,
    tls: OnceLock<TlsConnector>,
    timeout: Duration,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Default for Webhooks {
    /// Creates a client for the internet, with the system's root certificates.
    fn default() -> Self {
        Self::new(Arc::new(Internet), system_roots)
    }
}

/// Returns the client of this process, which loads the system's root certificates once.
pub fn webhooks() -> &'static Webhooks {
    static WEBHOOKS: LazyLock<Webhooks> = LazyLock::new(Webhooks::default);
    &WEBHOOKS
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be parsed are not trusted.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

impl Webhooks {
    /// Creates a client for a network, with these root certificates.
    #[must_use]
    pub fn new(network: Arc<dyn Network>, roots: fn() -> RootCertStore) -> Self {
        Self { network, roots, tls: OnceLock::new(), timeout: TIMEOUT }
    }

    /// Returns the client with another timeout.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends a call and returns the status of the response, a 2xx. A call that failed may have arrived.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn send(&self, call: Call<'_>) -> Result<StatusCode, Failure> {
        let status = tokio::time::timeout(self.timeout, self.exchange(call)).await.map_err(|_| Failure::Timeout)??;
        if status.is_success() { Ok(status) } else { Err(Failure::BadStatus(status)) }
    }

    async fn exchange(&self, call: Call<'_>) -> Result<StatusCode, Failure> {
        let host = call.url.host().to_ascii_lowercase();
        let request = request(&host, call)?;
        let stream = self.connect(&host).await?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_RESPONSE)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Failure::InvalidResponse)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|_| Failure::InvalidResponse)?;
            let status = response.status();
            // The status is known, so errors in the rest of the response do not matter.
            let _ = tokio::time::timeout(DRAIN_TIMEOUT, drain(response.into_body())).await;
            Ok(status)
        };
        // Drives the connection within the call, so that it ends with the call. If it ends first, `exchange` still completes.
        let drive = async {
            let _ = connection.await;
            std::future::pending().await
        };
        tokio::select! {
            biased;
            result = exchange => result,
            never = drive => never,
        }
    }

    async fn connect(&self, host: &str) -> Result<TlsStream<TcpStream>, Failure> {
        let addresses = self.network.resolve(host).await.map_err(|_| Failure::HostNotFound)?;
        if addresses.is_empty() {
            return Err(Failure::HostNotFound);
        }
        if !addresses.iter().all(|&address| address::is_public(address)) {
            return Err(Failure::NotPublic);
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::HostNotFound)?;
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            let stream =
                tokio::time::timeout(CONNECT_TIMEOUT, self.network.connect(SocketAddr::new(address, PORT))).await;
            if let Ok(Ok(stream)) = stream {
                return self.tls()?.connect(name, stream).await.map_err(|_| Failure::TlsFailed);
            }
        }
        Err(Failure::Unreachable)
    }

    fn tls(&self) -> Result<&TlsConnector, Failure> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls);
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| Failure::Internal)?
            .with_root_certificates((self.roots)())
            .with_no_client_auth();
        Ok(self.tls.get_or_init(|| TlsConnector::from(Arc::new(config))))
    }
}

fn request(host: &str, call: Call<'_>) -> Result<Request<Full<Bytes>>, Failure> {
    if call.body.len() > MAX_BODY {
        return Err(Failure::Internal);
    }
    let signature = signature::sign(call.secret, call.id, call.time, &call.body).ok_or(Failure::Internal)?;
    Request::post(call.url.path())
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, HeaderValue::from_static(concat!("Deskless/", env!("CARGO_PKG_VERSION"))))
        .header("webhook-id", call.id)
        .header("webhook-timestamp", call.time.as_seconds())
        .header("webhook-signature", signature)
        .body(Full::from(call.body))
        .map_err(|_| Failure::Internal)
}

/// Reads and discards a response body up to its size limit, so that the connection closes properly.
async fn drain(mut body: hyper::body::Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= MAX_RESPONSE {
            break;
        }
    }
}

impl WebhookCaller for Webhooks {
    async fn call(&self, call: WebhookCall<'_>) -> Result<Result<(), Reason>, AppError> {
        let body = payload::write(&call)?;
        let request = Call { url: call.url, secret: call.secret, id: &call.id, time: call.at, body };
        let result = self.send(request).await;
        Ok(result.map(drop).map_err(|failure| Reason::new(failure.code(), failure.to_string())))
    }
}
