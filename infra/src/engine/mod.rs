//! Runs the embedded DynamoDB engine in this process, on its own port.
//!
//! The engine stores its data with `SQLite`. [`EngineFile`] works on the same file for what the engine does not do itself.

mod in_process;
mod server;

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::{Context, Result, anyhow};
use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use rusqlite::Connection;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::private;

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
pub struct Engine {
    url: String,
    database: Database,
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
        // SQLite gives its further files the permissions of this one.
        private::ensure(&file.0).with_context(|| format!("cannot write {path}"))?;
        let database = open(path)?;
        // Commits do not wait for the disk (`synchronous = OFF`), and 64 MB of pages are cached. In WAL mode, a process
        // that crashes or is killed loses nothing. A power failure can lose or damage the local data.
        database.enable_bulk_loading().map_err(|e| anyhow!("cannot set up {path}: {e}"))?;
        Self::serve(database, port).await
    }

    async fn serve(database: Database, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(server::serve(listener, database.clone()));
        Ok(Self { url, database, server })
    }

    /// Returns the engine's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns a client that calls the engine without HTTP. It has the operations of items only.
    #[must_use]
    pub fn client(&self) -> Client {
        in_process::client(&self.database, &self.url)
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

#[cfg(test)]
mod tests {
    use std::{env, fs, process};

    use anyhow::Result;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        StreamSpecification, StreamViewType,
    };
    use deskless_runtime::local_client;

    use super::{Connection, Engine, EngineFile, TABLE, open};
    use crate::stream::{Stream, sequence_number};

    /// The engine's queries for the next number and for the next records.
    const QUERIES: [&str; 2] = [
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = 't'",
        "SELECT event_name FROM _stream_records
         WHERE table_name = 't' AND shard_id = 's' AND CAST(sequence_number AS INTEGER) > 5
         ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 100",
    ];

    #[test]
    fn stream_queries_use_the_indexes() -> Result<()> {
        let name = "file:/deskless-plan?vfs=memdb";
        let _database = open(name)?;
        let connection = Connection::open(name)?;
        for query in QUERIES {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
            let lines = plan.query_map([], |row| row.get::<_, String>(3))?.collect::<Result<Vec<_>, _>>()?;
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(lines[0].contains("INDEX deskless_stream_"), "{lines:?}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn trimmed_stream_keeps_later_records() -> Result<()> {
        let folder = env::temp_dir().join(format!("deskless-trim-{}", process::id()));
        fs::create_dir_all(&folder)?;
        let file = EngineFile::new(&folder.join("engine.sqlite"));
        let engine = Engine::on_file(&file, 0).await?;
        let client = local_client(engine.url());
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::KeysOnly);
        client
            .create_table()
            .table_name(TABLE)
            .key_schema(KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build()?)
            .attribute_definitions(
                AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build()?,
            )
            .billing_mode(BillingMode::PayPerRequest)
            .stream_specification(stream.build()?)
            .send()
            .await?;
        let mut changes = file.changes()?;
        assert!(!changes.any()?);
        let put = async |number: usize| {
            let id = AttributeValue::S(number.to_string());
            client.put_item().table_name(TABLE).item("id", id).send().await.map(drop)
        };
        for number in 0..500 {
            put(number).await?;
        }
        assert!(changes.any()?);
        let read = async || {
            let mut stream = Stream::open(engine.url(), TABLE, None).await?;
            let mut numbers = Vec::new();
            loop {
                let records = stream.next().await?;
                if records.is_empty() {
                    return anyhow::Ok(numbers);
                }
                numbers.extend(records.iter().map(|record| sequence_number(record).to_owned()));
            }
        };
        let all = read().await?;
        assert_eq!(all.len(), 500);
        assert_eq!(file.trim_stream(TABLE, &all[450])?, 450);
        assert_eq!(read().await?, all[450..]);
        put(500).await?;
        let rest = read().await?;
        assert_eq!(rest[..50], all[450..]);
        assert!(rest[50] > rest[49]);
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
