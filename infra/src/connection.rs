//! Connects a command to a table.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use deskless_runtime::{SystemClock, deployed_bucket, deployed_client, deployed_data_keys, local_bucket, local_client};
use deskless_store::{Operator, Store};
use tokio::net::TcpStream;

use crate::local::Folder;

/// Options of every command that works on a table.
#[derive(Debug, clap::Args)]
pub struct Table {
    /// Name of a deployed table, accessed with your AWS credentials. Defaults to the local stack's table, which must be
    /// running.
    #[arg(long = "table", value_name = "TABLE", env = "DESKLESS_TABLE_NAME", global = true)]
    deployed: Option<String>,
    /// Name of the deployed bucket. Needed by commands that delete files, and by exports of long messages.
    #[arg(long = "bucket", value_name = "BUCKET", env = "DESKLESS_BUCKET_NAME", global = true)]
    bucket: Option<String>,
    /// ARN of the KMS key of stored secrets: the output `SecretsKeyArn` of the stack. Needed to create the first
    /// workspace and to rotate the data key.
    #[arg(long = "secrets-key", value_name = "ARN", env = "DESKLESS_SECRETS_KEY", global = true)]
    secrets_key: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Table {
    /// Returns whether the table is that of the local stack.
    pub fn is_local(&self) -> bool {
        self.deployed.is_none()
    }

    pub async fn operator(&self) -> Result<Operator> {
        let store = match &self.deployed {
            Some(table) => {
                let bucket = match &self.bucket {
                    Some(bucket) => Some(deployed_bucket(bucket, Arc::new(SystemClock)).await.map_err(|e| anyhow!(e))?),
                    None => None,
                };
                let keys = deployed_data_keys(self.secrets_key.clone()).await.map_err(|e| anyhow!(e))?;
                Store::new(deployed_client().await, table, Arc::new(SystemClock))
                    .with_bucket(bucket)
                    .with_data_keys(Some(keys))
            }
            None => self.local().await?,
        };
        Ok(Operator::new(store))
    }

    /// Opens the local stack's table.
    async fn local(&self) -> Result<Store> {
        const ALTERNATIVE: &str = "or pass --table to use a deployed table";
        let env = self.folder.env();
        let (Some(url), Some(table)) = (env.get("DESKLESS_DYNAMODB_URL"), env.get("DESKLESS_TABLE")) else {
            bail!("no local stack found: start one with `make dev`, {ALTERNATIVE}");
        };
        TcpStream::connect(url.trim_start_matches("http://")).await.with_context(|| {
            format!("the local stack is not running ({url}): start it with `make dev`, {ALTERNATIVE}")
        })?;
        let bucket = env.get("DESKLESS_S3_URL").zip(env.get("DESKLESS_BUCKET"));
        let bucket = bucket.map(|(url, bucket)| local_bucket(url, bucket, Arc::new(SystemClock)));
        let keys = Arc::new(self.folder.data_keys()?);
        let store = Store::new(local_client(url), table, Arc::new(SystemClock));
        Ok(store.with_bucket(bucket).with_data_keys(Some(keys)))
    }
}
