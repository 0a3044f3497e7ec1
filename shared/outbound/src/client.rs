use std::{
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use deskless_domain::{Clock, Timestamp};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};

use crate::{Answer, Failure, Internet, Network, Request, answer, retry_after::retry_after};

/// The timeout for reading the body of a response, after the one for its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// The maximum size of a response, in bytes. The rest is not read.
const MAX_RESPONSE: usize = 64 * 1024;

/// The HTTP client.
pub struct Client {
    network: Arc<dyn Network>,
    /// The function that loads the root certificates. It is called at the first request, because most workspaces make none.
    roots: fn() -> RootCertStore,
    tls: OnceLock<TlsConnector>,
    /// The longest timeout of a request.
    limit: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Default for Client {
    /// Creates a client for the internet, with the system's root certificates.
    fn default() -> Self {
        Self::new(Arc::new(Internet), system_roots)
    }
}

/// Returns the client of this process, which loads the system's root certificates once.
pub fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(Client::default);
    &CLIENT
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be parsed are not trusted.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// The parts of a response.
struct Response {
    status: StatusCode,
    headers: HeaderMap,
    start_of_body: String,
}

impl Client {
    /// Creates a client for a network, with these root certificates.
    #[must_use]
    pub fn new(network: Arc<dyn Network>, roots: fn() -> RootCertStore) -> Self {
        Self { network, roots, tls: OnceLock::new(), limit: Duration::MAX }
    }

    /// Returns the client with a limit of the timeouts of requests, for a process whose own time ends before.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Sends a request, signed for the current time, and returns the response. Any status is an [`Answer`]. It takes at most the
    /// request's timeout, and another second to read the body of the response.
    ///
    /// # Errors
    /// [`Failure`] when there is no response. The request may have arrived.
    pub async fn post(&self, request: Request<'_>, clock: &dyn Clock) -> Result<Answer, Failure> {
        let start = clock.now();
        let response = self.exchange(&request, start).await?;
        let end = clock.now();
        let millis = end.as_millis().saturating_sub(start.as_millis());
        Ok(Answer {
            status: response.status.as_u16(),
            retry_after: retry_after(&response.headers, end),
            start_of_body: response.start_of_body,
            duration: Duration::from_millis(u64::try_from(millis).unwrap_or_default()),
        })
    }

    async fn exchange(&self, request: &Request<'_>, time: Timestamp) -> Result<Response, Failure> {
        let built = request.build(time)?;
        let limit = request.timeout.min(self.limit);
        let deadline = Instant::now() + limit;
        let late = |_| Failure::Timeout(limit);
        let stream = timeout_at(deadline, self.connect(request.url, request.reach)).await.map_err(late)??;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_RESPONSE)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Failure::InvalidResponse)?;
        let exchange = async {
            let response = timeout_at(deadline, sender.send_request(built)).await.map_err(late)?;
            let (head, body) = response.map_err(|_| Failure::InvalidResponse)?.into_parts();
            let mut start = Vec::new();
            // The status is known, so a slow or broken rest of the response does not matter.
            let read = timeout(BODY_TIMEOUT, read_body(body, &mut start)).await;
            let is_cut = read.unwrap_or(true);
            Ok(Response { status: head.status, headers: head.headers, start_of_body: answer::text(&start, is_cut) })
        };
        // Drives the connection within the request, so that it ends with it. If it ends first, `exchange` still completes.
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

    pub(crate) fn network(&self) -> &dyn Network {
        &*self.network
    }

    pub(crate) fn tls(&self) -> Result<&TlsConnector, Failure> {
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

/// Reads a response body up to its size limit, so that the connection closes properly, and keeps its start. Returns whether there
/// was more than is kept.
async fn read_body(mut body: hyper::body::Incoming, start: &mut Vec<u8>) -> bool {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        let data = frame.data_ref().map_or(&[][..], Bytes::as_ref);
        read += data.len();
        let kept = data.len().min(Answer::MAX_START_OF_BODY - start.len());
        start.extend_from_slice(&data[..kept]);
        if read >= MAX_RESPONSE {
            break;
        }
    }
    read > start.len()
}
