//! Runs the embedded DynamoDB engine in this process, on its own port.

use std::{net::Ipv4Addr, path::Path};

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use tokio::{net::TcpListener, task::JoinHandle};

/// The local table's name.
pub const TABLE: &str = "deskless";

/// A running engine. Dropping it stops the engine.
#[derive(Debug)]
pub struct Engine {
    url: String,
    server: JoinHandle<()>,
}

impl Engine {
    /// Starts an engine in memory, on a free port.
    ///
    /// # Errors
    /// If the engine does not start or no port is free.
    pub async fn in_memory() -> Result<Self> {
        let database = Database::memory().map_err(|e| anyhow!("cannot start the DynamoDB engine: {e}"))?;
        Self::serve(database, 0).await
    }

    /// Starts an engine that stores its data in `file`, on `port` (0 picks a free one).
    ///
    /// # Errors
    /// If the file cannot be opened or the port is in use.
    pub async fn on_file(file: &Path, port: u16) -> Result<Self> {
        let path = file.to_str().context("the path of the engine's file must be UTF-8")?;
        let database = Database::new(path).map_err(|e| anyhow!("cannot open {path}: {e}"))?;
        Self::serve(database, port).await
    }

    async fn serve(database: Database, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { url, server: tokio::spawn(dynoxide::server::serve_on(listener, database)) })
    }

    /// Returns the engine's URL.
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
