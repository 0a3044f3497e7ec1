//! Which table a command works on.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use deskless_runtime::{SystemClock, deployed_bucket, deployed_client, local_bucket, local_client};
use deskless_store::{Operator, Store};
use tokio::net::TcpStream;

use crate::local::Folder;

/// Options of every command that works on a table.
#[derive(Debug, clap::Args)]
pub struct Table {
    /// The deployed table, reached with the usual AWS environment. Without it: the local stack's, which must be
    /// running.
    #[arg(long = "table", value_name = "TABLE", env = "DESKLESS_TABLE_NAME", global = true)]
    deployed: Option<String>,
    /// The deployed bucket of files, for commands that remove some.
    #[arg(long = "bucket", value_name = "BUCKET", env = "DESKLESS_BUCKET_NAME", global = true)]
    bucket: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Table {
    pub async fn operator(&self) -> Result<Operator> {
        let store = match &self.deployed {
            Some(table) => {
                let bucket = match &self.bucket {
                    Some(bucket) => Some(deployed_bucket(bucket, Arc::new(SystemClock)).await.map_err(|e| anyhow!(e))?),
                    None => None,
                };
                Store::new(deployed_client().await, table, Arc::new(SystemClock)).with_bucket(bucket)
            }
            None => self.local().await?,
        };
        Ok(Operator::new(store))
    }

    /// The local stack's table.
    async fn local(&self) -> Result<Store> {
        const ELSE: &str = "or name a deployed table with --table";
        let env = self.folder.env();
        let (Some(url), Some(table)) = (env.get("DESKLESS_DYNAMODB_URL"), env.get("DESKLESS_TABLE")) else {
            bail!("there is no local stack here: start one with `make dev`, {ELSE}");
        };
        TcpStream::connect(url.trim_start_matches("http://"))
            .await
            .with_context(|| format!("the local stack is not running ({url}): start it with `make dev`, {ELSE}"))?;
        let bucket = env.get("DESKLESS_S3_URL").zip(env.get("DESKLESS_BUCKET"));
        let bucket = bucket.map(|(url, bucket)| local_bucket(url, bucket, Arc::new(SystemClock)));
        Ok(Store::new(local_client(url), table, Arc::new(SystemClock)).with_bucket(bucket))
    }
}
