//! Runs the embedded DynamoDB engine in this process, on its own port.
//!
//! The engine stores its data with `SQLite`. [`EngineFile`] works on the same file for what the engine does not do itself.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use rusqlite::Connection;
use tokio::{net::TcpListener, task::JoinHandle};

/// The local table's name.
pub const TABLE: &str = "deskless";

/// The engine numbers and reads stream records by these expressions, but has no index on them. Without one, each write
/// and each poll reads all stream records.
const STREAM_INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS deskless_stream_numbers
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS deskless_stream_shards
        ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));";

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
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // SQLite's `memdb` files are shared by the connections of a process and end with the last of them.
        let name = format!("file:/deskless-{}?vfs=memdb", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::serve(open(&name).context("cannot start the DynamoDB engine")?, 0).await
    }

    /// Starts an engine that stores its data in `file`, on `port` (0 picks a free one).
    ///
    /// # Errors
    /// If the file cannot be opened or the port is in use.
    pub async fn on_file(file: &EngineFile, port: u16) -> Result<Self> {
        let path = file.0.to_str().context("the path of the engine's file must be UTF-8")?;
        let database = open(path)?;
        // Commits do not wait for the disk (`synchronous = OFF`), and 64 MB of pages are cached. In WAL mode, a process
        // that crashes or is killed loses nothing. A power failure can lose or damage the local data.
        database.enable_bulk_loading().map_err(|e| anyhow!("cannot set up {path}: {e}"))?;
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

fn open(path: &str) -> Result<Database> {
    let database = Database::new(path).map_err(|e| anyhow!("cannot open {path}: {e}"))?;
    let indexed = Connection::open(path).and_then(|connection| connection.execute_batch(STREAM_INDEXES));
    indexed.with_context(|| format!("cannot index the stream in {path}"))?;
    Ok(database)
}

/// How many stream records one transaction deletes. The engine waits for it, so it must be short.
const TRIM_BATCH: usize = 200;

/// The file of an engine. The engine itself may be running.
#[derive(Debug, Clone)]
pub struct EngineFile(PathBuf);

impl EngineFile {
    /// The engine's file at this path.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Opens a connection that sees when the engine writes.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn changes(&self) -> Result<Changes> {
        let connection = self.connect()?;
        let version = version(&connection)?;
        Ok(Changes { connection, version })
    }

    /// Deletes the stream records before the one with this sequence number, and returns how many. AWS deletes them
    /// after 24 hours, the engine never does.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn trim_stream(&self, table: &str, before: &str) -> Result<usize> {
        // The engine shows its numbers with 21 digits, by adding this offset.
        const OFFSET: u128 = 100_000_000_000_000_000_000;
        let before = before.parse::<u128>().ok().and_then(|number| number.checked_sub(OFFSET));
        let before = i64::try_from(before.context("not a sequence number of the engine")?)?;
        let connection = self.connect()?;
        let mut delete = connection.prepare(
            "DELETE FROM _stream_records WHERE id IN (SELECT id FROM _stream_records
             WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2 LIMIT ?3)",
        )?;
        let mut deleted = 0;
        loop {
            let batch = delete.execute((table, before, i64::try_from(TRIM_BATCH)?))?;
            deleted += batch;
            if batch < TRIM_BATCH {
                return Ok(deleted);
            }
        }
    }

    fn connect(&self) -> Result<Connection> {
        let connection = Connection::open(&self.0).with_context(|| format!("cannot open {}", self.0.display()))?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        Ok(connection)
    }
}

/// Sees when the engine has written.
#[derive(Debug)]
pub struct Changes {
    connection: Connection,
    version: i64,
}

impl Changes {
    /// Whether the file has changed since the last call. Takes microseconds.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn any(&mut self) -> Result<bool> {
        let version = version(&self.connection)?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }
}

fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}
