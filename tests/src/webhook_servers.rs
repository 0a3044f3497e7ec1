//! Servers in this process that receive webhooks.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use deskless_domain::{Clock, Timestamp};
use deskless_outbound::{Client, Later, Network};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use ring::hmac;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use crate::TestClock;

/// The hosts that resolve. They share a certificate and an address.
const HOSTS: &str = "*.example.com";
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// Servers for all subdomains of `example.com` over https, and for this machine over http. They record the calls they receive.
pub struct WebhookServers {
    inner: Arc<Inner>,
    client: Arc<Client>,
}

struct Inner {
    clock: Arc<TestClock>,
    status: Mutex<u16>,
    scripts: Mutex<BTreeMap<String, VecDeque<Scripted>>>,
    rule: Mutex<Option<Box<Rule>>>,
    calls: Mutex<Vec<Received>>,
}

/// Decides about the response to a call; `None` leaves it to the scripts.
type Rule = dyn Fn(&Received) -> Option<Scripted> + Send;

/// A response of a server.
#[derive(Debug, Clone, Default)]
pub struct Scripted {
    /// `None` closes the connection without a response.
    status: Option<u16>,
    headers: Vec<(String, String)>,
    body: String,
    takes: Duration,
}

impl Scripted {
    /// Returns a response without headers and body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Returns the end of the connection instead of a response.
    #[must_use]
    pub fn hang_up() -> Self {
        Self::default()
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self }
    }

    /// Sets how long the response takes by the world's clock, which is advanced. No time is waited.
    #[must_use]
    pub fn takes(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }
}

/// A received call.
#[derive(Debug, Clone)]
pub struct Received {
    /// When it was received, by the world's clock.
    pub at: Timestamp,
    /// The URL.
    pub url: String,
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Received {
    /// Returns a header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    /// Returns the body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a webhook's body is JSON")
    }

    /// Returns whether the call has a valid Standard Webhooks signature with this secret.
    #[must_use]
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
        let signed = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        self.header("webhook-signature").split(' ').any(|signature| {
            let signature = STANDARD.decode(signature.strip_prefix("v1,").expect("a signature")).expect("base64");
            hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
        })
    }
}

impl WebhookServers {
    /// Creates servers that respond with 204.
    #[must_use]
    pub fn new(clock: Arc<TestClock>) -> Self {
        let inner = Arc::new(Inner {
            clock,
            status: Mutex::new(204),
            scripts: Mutex::default(),
            rule: Mutex::default(),
            calls: Mutex::default(),
        });
        let client = Client::new(Arc::new(TestNetwork(Arc::clone(&inner))), roots);
        Self { inner, client: Arc::new(client) }
    }

    /// Sets the status that all servers respond with when no rule and no script decides.
    pub fn respond_with(&self, status: u16) {
        *self.inner.status.lock().expect("the lock is not poisoned") = status;
    }

    /// Sets the next responses to calls of this URL, one for each call.
    pub fn script(&self, url: &str, responses: impl IntoIterator<Item = Scripted>) {
        let mut scripts = self.inner.scripts.lock().expect("the lock is not poisoned");
        scripts.entry(url.to_owned()).or_default().extend(responses);
    }

    /// Sets a rule that decides about the response to a call before the scripts do.
    pub fn respond_by(&self, rule: impl Fn(&Received) -> Option<Scripted> + Send + 'static) {
        *self.inner.rule.lock().expect("the lock is not poisoned") = Some(Box::new(rule));
    }

    /// Returns the calls received since the last time, in order.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Received> {
        std::mem::take(&mut *self.inner.calls.lock().expect("the lock is not poisoned"))
    }

    /// Returns the client for a process.
    #[must_use]
    pub fn shared_client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// Returns the client that reaches these servers.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Inner {
    /// Records a call and returns the response to it.
    fn respond(&self, call: Received) -> Scripted {
        let ruled = self.rule.lock().expect("the lock is not poisoned").as_ref().and_then(|rule| rule(&call));
        let scripted = || self.scripts.lock().expect("the lock is not poisoned").get_mut(&call.url)?.pop_front();
        let default = || Scripted::status(*self.status.lock().expect("the lock is not poisoned"));
        let response = ruled.or_else(scripted).unwrap_or_else(default);
        self.calls.lock().expect("the lock is not poisoned").push(call);
        response
    }
}

/// The network of the client.
struct TestNetwork(Arc<Inner>);

impl Network for TestNetwork {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>> {
        let found = host.ends_with(".example.com").then_some(vec![ADDRESS]);
        Box::pin(async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }

    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream> {
        let is_local = to.ip().is_loopback();
        assert!(is_local || to == SocketAddr::new(ADDRESS, 443), "only the public address is dialled, not {to}");
        Box::pin(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let stream = TcpStream::connect(listener.local_addr()?).await?;
            let (answering, _) = listener.accept().await?;
            let inner = Arc::clone(&self.0);
            tokio::spawn(async move {
                if is_local {
                    serve_call(inner, "http", answering).await
                } else {
                    serve_call(inner, "https", acceptor().accept(answering).await?).await
                }
            });
            Ok(stream)
        })
    }
}

/// Receives one call and responds. A connection that closes early is not recorded.
async fn serve_call(
    inner: Arc<Inner>,
    scheme: &str,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body = &bytes[end + 4..];
        if length.is_none_or(|length| body.len() >= length.parse().expect("a number")) {
            break (head, String::from_utf8_lossy(body).into_owned());
        }
    };
    let mut received = Received { at: inner.clock.now(), url: String::new(), head, body };
    let path = received.head.split(' ').nth(1).unwrap_or_default();
    received.url = format!("{scheme}://{}{path}", received.header("host"));
    let response = inner.respond(received);
    inner.clock.advance_millis(i64::try_from(response.takes.as_millis()).expect("a short time"));
    let Some(status) = response.status else { return stream.shutdown().await };
    let headers: Vec<_> = response.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = response.body.len();
    let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n{headers}\r\n{}", response.body);
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await
}

fn acceptor() -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(certificate().signing_key.serialize_der()).expect("a key");
    let chain = vec![CertificateDer::from(certificate().cert.der().to_vec())];
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a server");
    TlsAcceptor::from(Arc::new(config))
}

fn certificate() -> &'static CertifiedKey<KeyPair> {
    static CERTIFICATE: OnceLock<CertifiedKey<KeyPair>> = OnceLock::new();
    CERTIFICATE.get_or_init(|| generate_simple_self_signed(vec![HOSTS.to_owned()]).expect("a certificate"))
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate().cert.der().clone()).expect("a root");
    roots
}
