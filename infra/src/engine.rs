//! The embedded DynamoDB engine: in this process, on a port of its own.

use std::{net::Ipv4Addr, path::Path};

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use tokio::{net::TcpListener, task::JoinHandle};

/// The local table's name.
pub const TABLE: &str = "deskless";

/// A running engine. It stops when this is dropped.
#[derive(Debug)]
pub struct Engine {
    url: String,
    server: JoinHandle<()>,
}

impl Engine {
    /// An engine that forgets everything when it stops, on any free port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn in_memory() -> Result<Self> {
        let database = Database::memory().map_err(|e| anyhow!("the engine does not start: {e}"))?;
        Self::serve(database, 0).await
    }

    /// An engine that keeps what is written in a file, on this port (0: any free one).
    ///
    /// # Errors
    /// When the file cannot be opened or the port is taken.
    pub async fn on_file(file: &Path, port: u16) -> Result<Self> {
        let path = file.to_str().context("the engine's file needs a path in UTF-8")?;
        let database = Database::new(path).map_err(|e| anyhow!("{path} cannot be opened: {e}"))?;
        Self::serve(database, port).await
    }

    async fn serve(database: Database, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { url, server: tokio::spawn(dynoxide::server::serve_on(listener, database)) })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
    }
}
