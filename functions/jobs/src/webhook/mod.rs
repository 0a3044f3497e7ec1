//! Calls to others' servers, at addresses that somebody typed in.
//!
//! A function can reach what the internet cannot. So a host is resolved once, every address that it has must be a
//! public one, exactly such an address is dialled, and nobody is followed elsewhere: a name that resolves differently a
//! moment later, or a server that answers with a redirect, leads nowhere.

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

use crate::payload;

/// A call is over by then, name, handshake and answer included.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// An address that does not take a connection by then is passed over for the next one.
const CONNECT: Duration = Duration::from_millis(1500);
/// For so long an answer's body is read to its end.
const DRAIN: Duration = Duration::from_secs(1);
/// The most bytes of a call's body.
pub const MAX_BODY: usize = 64 * 1024;
/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;
/// There is no other.
const PORT: u16 = 443;
/// More addresses than this are not tried.
const MOST_ADDRESSES: usize = 4;

/// One call.
#[derive(Debug)]
pub struct Call<'a> {
    /// Whom to call.
    pub url: &'a WebhookUrl,
    /// What the call is signed with.
    pub secret: &'a WebhookSecret,
    /// The same each time that this call is repeated.
    pub id: &'a str,
    /// When it is sent.
    pub time: Timestamp,
    /// JSON of at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

/// Why a call did not go well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The host's name has no address.
    #[error("The host's name could not be resolved.")]
    Unresolved,
    /// The host's name has an address that is not on the internet.
    #[error("The host has an address that is not public: it is not called.")]
    NotPublic,
    /// Nothing answered at any of the addresses.
    #[error("No connection to the host could be opened.")]
    Unreachable,
    /// The host did not prove who it is.
    #[error("The host's certificate was not accepted, or TLS could not be agreed on.")]
    Untrusted,
    /// It took too long.
    #[error("The host did not answer within 5 seconds.")]
    TooSlow,
    /// What came back was no HTTP, or broke off.
    #[error("The host's answer could not be read.")]
    Unreadable,
    /// It answered, and not with a 2xx.
    #[error("The host answered {0}; {why}.", why = if .0.is_redirection() { "redirects are not followed" } else { "a 2xx was expected" })]
    Refused(StatusCode),
    /// The call could not be put together, which is a fault of ours.
    #[error("The call could not be put together.")]
    Malformed,
}

impl Failure {
    /// A stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unresolved => "host_not_found",
            Self::NotPublic => "address_not_public",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "tls_failed",
            Self::TooSlow => "timeout",
            Self::Unreadable => "bad_answer",
            Self::Refused(_) => "bad_status",
            Self::Malformed => "internal_error",
        }
    }
}

/// Whoever calls.
pub struct Webhooks {
    network: Arc<dyn Network>,
    /// Read at the first call: most workspaces make none.
    roots: fn() -> RootCertStore,
    tls: OnceLock<TlsConnector>,
    patience: Duration,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Default for Webhooks {
    /// Calls over the internet, and trusts whom the system trusts.
    fn default() -> Self {
        Self::new(Arc::new(Internet), system_roots)
    }
}

/// This process's own, over the internet: it reads the system's roots once.
pub fn webhooks() -> &'static Webhooks {
    static WEBHOOKS: LazyLock<Webhooks> = LazyLock::new(Webhooks::default);
    &WEBHOOKS
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is one that is not trusted.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

impl Webhooks {
    /// Calls over this network, and trusts whom these roots vouch for.
    #[must_use]
    pub fn new(network: Arc<dyn Network>, roots: fn() -> RootCertStore) -> Self {
        Self { network, roots, tls: OnceLock::new(), patience: PATIENCE }
    }

    /// The same, with less patience.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Makes one call and gives the status of its answer, a 2xx. It may have arrived also when it failed.
    ///
    /// # Errors
    /// With why it did not go well.
    pub async fn send(&self, call: Call<'_>) -> Result<StatusCode, Failure> {
        let status = tokio::time::timeout(self.patience, self.exchange(call)).await.map_err(|_| Failure::TooSlow)??;
        if status.is_success() { Ok(status) } else { Err(Failure::Refused(status)) }
    }

    async fn exchange(&self, call: Call<'_>) -> Result<StatusCode, Failure> {
        let host = call.url.host().to_ascii_lowercase();
        let request = request(&host, call)?;
        let stream = self.connect(&host).await?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_ANSWER)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Failure::Unreadable)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|_| Failure::Unreadable)?;
            let status = response.status();
            // What was answered is known by now, however the rest ends.
            let _ = tokio::time::timeout(DRAIN, drain(response.into_body())).await;
            Ok(status)
        };
        // The connection is driven from here, so that it ends with the call. When it ends first, the answer is there.
        let drive = async {
            let _ = connection.await;
            std::future::pending().await
        };
        tokio::select! {
            biased;
            done = exchange => done,
            never = drive => never,
        }
    }

    async fn connect(&self, host: &str) -> Result<TlsStream<TcpStream>, Failure> {
        let addresses = self.network.resolve(host).await.map_err(|_| Failure::Unresolved)?;
        if addresses.is_empty() {
            return Err(Failure::Unresolved);
        }
        if !addresses.iter().all(|&address| address::is_public(address)) {
            return Err(Failure::NotPublic);
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Unresolved)?;
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            let stream = tokio::time::timeout(CONNECT, self.network.connect(SocketAddr::new(address, PORT))).await;
            if let Ok(Ok(stream)) = stream {
                return self.tls()?.connect(name, stream).await.map_err(|_| Failure::Untrusted);
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
            .map_err(|_| Failure::Malformed)?
            .with_root_certificates((self.roots)())
            .with_no_client_auth();
        Ok(self.tls.get_or_init(|| TlsConnector::from(Arc::new(config))))
    }
}

fn request(host: &str, call: Call<'_>) -> Result<Request<Full<Bytes>>, Failure> {
    if call.body.len() > MAX_BODY {
        return Err(Failure::Malformed);
    }
    let signature = signature::sign(call.secret, call.id, call.time, &call.body).ok_or(Failure::Malformed)?;
    Request::post(call.url.path())
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, HeaderValue::from_static(concat!("Deskless/", env!("CARGO_PKG_VERSION"))))
        .header("webhook-id", call.id)
        .header("webhook-timestamp", call.time.as_seconds())
        .header("webhook-signature", signature)
        .body(Full::from(call.body))
        .map_err(|_| Failure::Malformed)
}

/// Reads an answer's body to its end or to its bound, so that a server that ends properly is not broken off. Nobody
/// looks at what it says.
async fn drain(mut body: hyper::body::Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read >= MAX_ANSWER {
            break;
        }
    }
}

impl WebhookCaller for Webhooks {
    async fn call(&self, call: WebhookCall<'_>) -> Result<Result<(), Reason>, AppError> {
        let body = payload::write(&call)?;
        let request = Call { url: call.url, secret: call.secret, id: &call.id, time: call.at, body };
        let answer = self.send(request).await;
        Ok(answer.map(drop).map_err(|failure| Reason::new(failure.code(), failure.to_string())))
    }
}
