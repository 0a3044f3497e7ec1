use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use tokio::net::TcpStream;

/// A future of a network operation, boxed so that [`Network`] can be a trait object.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// The network operations of a webhook call. Tests use their own implementation. Addresses are checked before `connect`.
pub trait Network: Send + Sync {
    /// Resolves the addresses of a host.
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>>;

    /// Opens a connection to exactly this address.
    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream>;
}

/// The real network, with the system's resolver.
#[derive(Debug, Clone, Copy)]
pub struct Internet;

impl Network for Internet {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((host, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }

    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream> {
        Box::pin(TcpStream::connect(to))
    }
}
