use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use tokio::net::TcpStream;

/// Something that the network answers later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// What a call needs of the network. Tests bring their own; what may be dialled is decided in front of it.
pub trait Network: Send + Sync {
    /// The addresses of a host.
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>>;

    /// Opens a connection to exactly this address.
    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream>;
}

/// The network itself, with the system's resolver.
#[derive(Debug, Clone, Copy)]
pub struct Internet;

impl Network for Internet {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, Vec<IpAddr>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }

    fn connect(&self, to: SocketAddr) -> Later<'_, TcpStream> {
        Box::pin(TcpStream::connect(to))
    }
}
