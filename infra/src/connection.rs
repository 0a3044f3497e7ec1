//! Which table a command works on.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use deskless_runtime::{SystemClock, deployed_client, local_client};
use deskless_store::{Operator, Store};

use crate::local::{DevEnv, FOLDER};

/// Options of every command that works on a table.
#[derive(Debug, clap::Args)]
pub struct Table {
    /// The deployed table, reached with the usual AWS environment. Without it: the local stack's, which must be
    /// running.
    #[arg(long, env = "DESKLESS_TABLE_NAME", global = true)]
    table: Option<String>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Table {
    pub async fn operator(&self) -> Result<Operator> {
        let (client, table) = match &self.table {
            Some(table) => (deployed_client().await, table.clone()),
            None => {
                let env = DevEnv::read(Path::new(FOLDER));
                let (Some(url), Some(table)) = (env.get("DESKLESS_DYNAMODB_URL"), env.get("DESKLESS_TABLE")) else {
                    bail!("there is no local stack here: start one with `make dev`, or name a deployed table with --table");
                };
                let address = url.trim_start_matches("http://");
                tokio::net::TcpStream::connect(address).await.with_context(|| {
                    format!("the local stack is not running ({url}): start it with `make dev`, or name a deployed table with --table")
                })?;
                (local_client(url), table.to_owned())
            }
        };
        Ok(Operator::new(Store::new(client, table, Arc::new(SystemClock))))
    }
}
