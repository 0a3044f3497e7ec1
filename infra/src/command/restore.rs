use anyhow::{Context, Result};
use serde_json::json;

use crate::connection::Table;

/// Options of `deskless restore`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the restored table to copy from, in the same account and region.
    #[arg(long, value_name = "TABLE")]
    from: String,
    #[command(flatten)]
    table: Table,
}

/// Copies a table that point-in-time recovery has created into the empty table of a new stack.
pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let is_quiet = arguments.table.json;
    let mut reported = 0;
    let copied = operator
        .restore(&arguments.from, |copied| {
            if !is_quiet && copied - reported >= 10_000 {
                reported = copied;
                println!("{copied} items copied …");
            }
        })
        .await
        .with_context(|| format!("cannot restore from {}", arguments.from))?;
    if arguments.table.json {
        println!("{}", json!({ "copied": copied }));
    } else {
        println!("Copied {copied} items from {}.", arguments.from);
    }
    Ok(())
}
