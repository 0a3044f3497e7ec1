//! HTTPS servers in this process that receive webhooks.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, OnceLock},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use deskless_jobs::webhook::{Later, Network, Webhooks};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use ring::hmac;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
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

/// The hosts that resolve. They share a certificate and an address.
const HOSTS: &str = "*.example.com";
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// Servers for all subdomains of `example.com`. They record the calls they receive.
pub struct WebhookServers {
    inner: Arc<Inner>,
    webhooks: Webhooks,
}

struct Inner {
    status: Mutex<u16>,
    calls: Mutex<Vec<Received>>,
}

/// A received call.
#[derive(Debug, Clone)]
pub struct Received {
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
        let signature = STANDARD.decode(self.header("webhook-signature").strip_prefix("v1,").expect("a signature"));
        let signature = signature.expect("base64");
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &signature).is_ok()
    }
}

impl Default for WebhookServers {
    fn default() -> Self {
        let inner = Arc::new(Inner { status: Mutex::new(204), calls: Mutex::default() });
        let webhooks = Webhooks::new(Arc::new(TestNetwork(Arc::clone(&inner))), roots);
        Self { inner, webhooks }
    }
}

impl WebhookServers {
    /// Sets the status that all servers respond with.
    pub fn respond_with(&self, status: u16) {
        *self.inner.status.lock().expect("the lock is not poisoned") = status;
    }

    /// Returns the calls received since the last time.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Received> {
        std::mem::take(&mut *self.inner.calls.lock().expect("the lock is not poisoned"))
    }

    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }
}

/// The network of the webhook client.
struct TestNetwork(Arc<Inner>);

impl Network for TestNetwork {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>> {
        let found = host.ends_with(".example.com").then_some(vec![ADDRESS]);
        Box::pin(async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }

    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream> {
        assert_eq!(to, SocketAddr::new(ADDRESS, 443), "only the public address is dialled");
        Box::pin(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let stream = TcpStream::connect(listener.local_addr()?).await?;
            let (answering, _) = listener.accept().await?;
            tokio::spawn(serve_call(Arc::clone(&self.0), answering));
            Ok(stream)
        })
    }
}

/// Receives one call and responds. A connection that closes early is not recorded.
async fn serve_call(inner: Arc<Inner>, stream: TcpStream) -> io::Result<()> {
    let mut stream = acceptor().accept(stream).await?;
    let mut text = String::new();
    let received = loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // Webhook payloads in tests are ASCII.
        text.push_str(&String::from_utf8_lossy(&part[..read]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.is_none_or(|length| body.len() >= length.parse().expect("a number")) {
            break Received { head: head.to_owned(), body: body.to_owned() };
        }
    };
    inner.calls.lock().expect("the lock is not poisoned").push(received);
    let status = *inner.status.lock().expect("the lock is not poisoned");
    stream.write_all(format!("HTTP/1.1 {status} -\r\ncontent-length: 0\r\n\r\n").as_bytes()).await?;
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
