//! Opening a connection to the vetted address of a host.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use deskless_domain::{Reach, WebhookUrl};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{Client, Failure, address::is_public};

/// The timeout for connecting to one address. Then the next address is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// The maximum number of addresses of a host that are tried.
const MAX_ADDRESSES: usize = 4;

/// A connection, over TLS or not.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

impl Client {
    /// Opens a connection to a URL's host, over TLS unless it is this machine.
    pub(crate) async fn connect(&self, url: &WebhookUrl, reach: Reach) -> Result<Box<dyn Connection>, Failure> {
        if url.is_local() {
            if reach != Reach::PublicAndLoopback {
                return Err(Failure::NotPublic);
            }
            return Ok(Box::new(self.dial(loopback(url.host()), url.port()).await?));
        }
        let host = url.host().to_ascii_lowercase();
        let addresses = self.network().resolve(&host).await.map_err(|_| Failure::HostNotFound)?;
        if addresses.is_empty() {
            return Err(Failure::HostNotFound);
        }
        if !addresses.iter().all(|&address| is_public(address)) {
            return Err(Failure::NotPublic);
        }
        let name = ServerName::try_from(host).map_err(|_| Failure::HostNotFound)?;
        let stream = self.dial(addresses, url.port()).await?;
        Ok(Box::new(self.tls()?.connect(name, stream).await.map_err(|_| Failure::TlsFailed)?))
    }

    /// Connects to the first of these addresses that accepts.
    async fn dial(&self, addresses: Vec<IpAddr>, port: u16) -> Result<TcpStream, Failure> {
        for address in addresses.into_iter().take(MAX_ADDRESSES) {
            let connecting = self.network().connect(SocketAddr::new(address, port));
            if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                return Ok(stream);
            }
        }
        Err(Failure::Unreachable(port))
    }
}

/// Returns the addresses of a host of this machine. `localhost` is not resolved, so that it leads nowhere else.
fn loopback(host: &str) -> Vec<IpAddr> {
    let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    match host {
        "127.0.0.1" => vec![v4],
        "[::1]" => vec![v6],
        _ => vec![v4, v6],
    }
}
