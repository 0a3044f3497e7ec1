//! Tests of the deployed client against a local server. The network resolves a host to a public address and connects to the
//! local server instead.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use deskless_domain::{Timestamp, WebhookSecret, WebhookUrl};
use http::StatusCode;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use super::{Call, Failure, Later, Network, Webhooks, signature::sign};

const HOST: &str = "hooks.example.com";
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

fn certificate() -> &'static CertifiedKey<rcgen::KeyPair> {
    static CERTIFICATE: OnceLock<CertifiedKey<rcgen::KeyPair>> = OnceLock::new();
    CERTIFICATE.get_or_init(|| generate_simple_self_signed(vec![HOST.to_owned()]).expect("a certificate"))
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate().cert.der().clone()).expect("a root");
    roots
}

/// A network with one host. Each resolution returns the next entry of `resolutions`.
struct TestNetwork {
    resolutions: Vec<Vec<IpAddr>>,
    resolved: AtomicUsize,
    server: SocketAddr,
    dialled: Mutex<Vec<SocketAddr>>,
    /// An address that refuses connections.
    dead: Option<IpAddr>,
}

impl Network for TestNetwork {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>> {
        assert_eq!(host, HOST);
        let index = self.resolved.fetch_add(1, Ordering::SeqCst);
        let addresses = self.resolutions.get(index).or(self.resolutions.last()).cloned();
        Box::pin(async move { addresses.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }

    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream> {
        self.dialled.lock().expect("no panic before").push(to);
        if self.dead == Some(to.ip()) {
            return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
        }
        Box::pin(TcpStream::connect(self.server))
    }
}

/// Returns the response to a request.
type Respond = fn(&[u8]) -> Vec<u8>;

/// A server with a certificate, and the requests it received.
struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    /// The number of bytes it could write before the client closed the connection.
    written: Arc<AtomicUsize>,
}

async fn serve(respond: Respond) -> Server {
    let key = PrivateKeyDer::try_from(certificate().signing_key.serialize_der()).expect("a key");
    let chain = vec![CertificateDer::from(certificate().cert.der().to_vec())];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (received, written) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let server = Server { address, received: Arc::clone(&received), written: Arc::clone(&written) };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let request = read_request(&mut stream).await;
            let bytes = respond(&request);
            received.lock().expect("no panic before").push(request);
            for part in bytes.chunks(16 * 1024) {
                if stream.write_all(part).await.is_err() {
                    break;
                }
                written.fetch_add(part.len(), Ordering::SeqCst);
            }
            let _ = stream.shutdown().await;
        }
    });
    server
}

/// Reads a whole request: its head, and a body of the length in its head.
async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse().expect("a number")) {
                return bytes;
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return bytes,
            Ok(read) => bytes.extend(&part[..read]),
        }
    }
}

fn network(server: &Server, resolutions: Vec<Vec<IpAddr>>) -> Arc<TestNetwork> {
    let resolved = AtomicUsize::new(0);
    Arc::new(TestNetwork { resolutions, resolved, server: server.address, dialled: Mutex::default(), dead: None })
}

fn secret() -> WebhookSecret {
    WebhookSecret::stored("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())
}

async fn call(webhooks: &Webhooks) -> Result<StatusCode, Failure> {
    call_with(webhooks, br#"{"type":"test"}"#.to_vec()).await
}

async fn call_with(webhooks: &Webhooks, body: Vec<u8>) -> Result<StatusCode, Failure> {
    let url = WebhookUrl::parse(format!("https://{HOST}/a?b=c")).expect("an address");
    let (secret, time) = (secret(), Timestamp::from_millis(1_782_669_600_999));
    webhooks.send(Call { url: &url, secret: &secret, id: "msg_1", time, body }).await
}

fn ok(_: &[u8]) -> Vec<u8> {
    b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()
}

#[tokio::test]
async fn call_is_signed_and_sent_to_resolved_address() {
    let server = serve(ok).await;
    let network = network(&server, vec![vec![PUBLIC]]);
    let webhooks = Webhooks::new(network.clone(), roots);
    assert_eq!(call(&webhooks).await, Ok(StatusCode::NO_CONTENT));
    assert_eq!(*network.dialled.lock().expect("no panic before"), [SocketAddr::new(PUBLIC, 443)]);
    let received = server.received.lock().expect("no panic before");
    let request = String::from_utf8(received[0].clone()).expect("text");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let signature = sign(&secret(), "msg_1", Timestamp::from_millis(1_782_669_600_000), body.as_bytes());
    assert_eq!(body, r#"{"type":"test"}"#);
    for line in [
        "POST /a?b=c HTTP/1.1",
        "host: hooks.example.com",
        "content-type: application/json",
        "webhook-id: msg_1",
        "webhook-timestamp: 1782669600",
        &format!("webhook-signature: {}", signature.expect("a signature")),
    ] {
        assert!(head.lines().any(|actual| actual == line), "{line}\n{head}");
    }
}

#[tokio::test]
async fn host_with_private_address_is_rejected() {
    let server = serve(ok).await;
    for addresses in [
        vec!["127.0.0.1"],
        vec!["169.254.169.254"],
        vec!["93.184.215.14", "10.0.0.1"],
        vec!["93.184.215.14", "::ffff:127.0.0.1"],
        vec!["64:ff9b::7f00:1"],
    ] {
        let addresses = addresses.into_iter().map(|address| address.parse().expect("an address")).collect();
        let network = network(&server, vec![addresses]);
        assert_eq!(call(&Webhooks::new(network.clone(), roots)).await, Err(Failure::NotPublic));
        assert!(network.dialled.lock().expect("no panic before").is_empty());
    }
    assert!(server.received.lock().expect("no panic before").is_empty());
}

#[tokio::test]
async fn dns_rebinding_is_prevented() {
    let server = serve(ok).await;
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let network = network(&server, vec![vec![PUBLIC], vec![loopback]]);
    let webhooks = Webhooks::new(network.clone(), roots);
    assert_eq!(call(&webhooks).await, Ok(StatusCode::NO_CONTENT));
    assert_eq!(network.resolved.load(Ordering::SeqCst), 1, "resolved once");
    assert_eq!(call(&webhooks).await, Err(Failure::NotPublic));
    assert_eq!(*network.dialled.lock().expect("no panic before"), [SocketAddr::new(PUBLIC, 443)]);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = serve(|_| {
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\r\n".to_vec()
    });
    let server = server.await;
    let network = network(&server, vec![vec![PUBLIC]]);
    let failure = call(&Webhooks::new(network.clone(), roots)).await.expect_err("a redirect");
    assert_eq!(failure, Failure::BadStatus(StatusCode::TEMPORARY_REDIRECT));
    assert_eq!(failure.to_string(), "The host responded with 307 Temporary Redirect. Redirects are not followed.");
    assert_eq!(network.resolved.load(Ordering::SeqCst), 1);
    assert_eq!(server.received.lock().expect("no panic before").len(), 1);
}

#[tokio::test]
async fn error_status_is_a_failure() {
    let server = serve(|_| b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let failure = call(&Webhooks::new(network(&server, vec![vec![PUBLIC]]), roots)).await.expect_err("a 500");
    assert_eq!(failure.to_string(), "The host responded with 500 Internal Server Error. The status must be 2xx.");
}

#[tokio::test]
async fn long_response_is_cut() {
    const LONG: usize = 32 * 1024 * 1024;
    let server = serve(|_| {
        let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {LONG}\r\n\r\n").into_bytes();
        response.resize(LONG, b'x');
        response
    })
    .await;
    let webhooks = Webhooks::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call(&webhooks).await, Ok(StatusCode::OK));
    // Not exactly 64 KiB, because buffers hold some of the response.
    assert!(server.written.load(Ordering::SeqCst) < LONG, "the whole response was read");
}

#[tokio::test]
async fn endless_response_head_is_unreadable() {
    let server = serve(|_| {
        let mut response = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
        response.resize(1024 * 1024, b'x');
        response
    })
    .await;
    let webhooks = Webhooks::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call(&webhooks).await, Err(Failure::InvalidResponse));
}

#[tokio::test]
async fn truncated_body_does_not_change_the_status() {
    // The body never arrives.
    let server = serve(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n".to_vec()).await;
    let webhooks = Webhooks::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call(&webhooks).await, Ok(StatusCode::OK), "the connection was closed");
}

#[tokio::test]
async fn silent_host_times_out() {
    let server = serve(ok).await;
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let server = Server { address: silent.local_addr().expect("an address"), ..server };
    let webhooks = Webhooks::new(network(&server, vec![vec![PUBLIC]]), roots).within(Duration::from_millis(100));
    assert_eq!(call(&webhooks).await, Err(Failure::Timeout));
}

#[tokio::test]
async fn untrusted_host_receives_nothing() {
    let server = serve(ok).await;
    let webhooks = Webhooks::new(network(&server, vec![vec![PUBLIC]]), RootCertStore::empty);
    assert_eq!(call(&webhooks).await, Err(Failure::TlsFailed));
    assert!(server.received.lock().expect("no panic before").is_empty());
}

#[tokio::test]
async fn next_address_is_tried_after_a_refused_connection() {
    let server = serve(ok).await;
    let dead = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 13));
    let network = TestNetwork {
        resolutions: vec![vec![dead, PUBLIC], vec![dead], vec![]],
        resolved: AtomicUsize::new(0),
        server: server.address,
        dialled: Mutex::default(),
        dead: Some(dead),
    };
    let webhooks = Webhooks::new(Arc::new(network), roots);
    assert_eq!(call(&webhooks).await, Ok(StatusCode::NO_CONTENT));
    assert_eq!(call(&webhooks).await, Err(Failure::Unreachable));
    assert_eq!(call(&webhooks).await, Err(Failure::HostNotFound));
}

#[tokio::test]
async fn body_over_64_kib_is_not_sent() {
    let server = serve(ok).await;
    let webhooks = Webhooks::new(network(&server, vec![vec![PUBLIC]]), roots);
    assert_eq!(call_with(&webhooks, vec![b' '; 64 * 1024 + 1]).await, Err(Failure::Internal));
    assert_eq!(call_with(&webhooks, vec![b' '; 64 * 1024]).await, Ok(StatusCode::NO_CONTENT));
}
