//! A server with a certificate, and a network that leads to it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

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

use crate::{Later, Network};

pub const HOST: &str = "hooks.example.com";
pub const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

pub fn certificate() -> &'static CertifiedKey<rcgen::KeyPair> {
    static CERTIFICATE: OnceLock<CertifiedKey<rcgen::KeyPair>> = OnceLock::new();
    CERTIFICATE.get_or_init(|| generate_simple_self_signed(vec![HOST.to_owned()]).expect("a certificate"))
}

pub fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate().cert.der().clone()).expect("a root");
    roots
}

/// A network with one host. Each resolution returns the next entry of `resolutions`.
pub struct TestNetwork {
    pub resolutions: Vec<Vec<IpAddr>>,
    pub resolved: AtomicUsize,
    pub server: SocketAddr,
    pub dialled: Mutex<Vec<SocketAddr>>,
    /// An address that refuses connections.
    pub dead: Option<IpAddr>,
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
pub type Respond = fn(&[u8]) -> Vec<u8>;

/// A server with a certificate, and the requests it received.
pub struct Server {
    pub address: SocketAddr,
    pub received: Arc<Mutex<Vec<Vec<u8>>>>,
    /// The number of bytes it could write before the client closed the connection.
    pub written: Arc<AtomicUsize>,
}

pub async fn serve(respond: Respond) -> Server {
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
pub async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
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

pub fn network(server: &Server, resolutions: Vec<Vec<IpAddr>>) -> Arc<TestNetwork> {
    let resolved = AtomicUsize::new(0);
    Arc::new(TestNetwork { resolutions, resolved, server: server.address, dialled: Mutex::default(), dead: None })
}
