use anyhow::Result;
use deskless_domain::{Clock, Timestamp};
use deskless_runtime::SystemClock;
use deskless_store::OpenJob;
use serde_json::json;

use crate::connection::Table;

/// Options of `deskless jobs`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Have the table's stream call for their next steps once more. Without it they are only listed.
    #[arg(long)]
    resume: bool,
    /// Only those that began so many minutes ago, or earlier.
    #[arg(long, default_value_t = 15, value_name = "N")]
    older_than: u32,
    #[command(flatten)]
    table: Table,
}

/// Bulk actions and runs of automations that have work left. After an outage in which the stream has told of a step too
/// often in vain they stand still: this calls for that step again.
pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let now = SystemClock.now().as_millis();
    let before = Timestamp::from_millis(now - i64::from(arguments.older_than) * 60_000);
    let mut found = Vec::new();
    for workspace in operator.list_workspaces().await? {
        let tenant = operator.workspace(workspace.id).await?;
        for job in tenant.list_open_jobs(before).await? {
            if arguments.resume {
                tenant.call_for(job).await?;
            }
            let (kind, id, began) = match job {
                OpenJob::Bulk(id) => ("bulk action", id.to_string(), id.time()),
                OpenJob::Execution(_, id) => ("execution", id.to_string(), id.time()),
            };
            if !arguments.table.json {
                let state = if arguments.resume { ", called for" } else { "" };
                println!("{}  {kind} {id} of {began}{state}", workspace.id);
            }
            found.push(json!({ "workspaceId": workspace.id, "kind": kind, "id": id, "beganAt": began.to_string() }));
        }
    }
    if arguments.table.json {
        println!("{}", json!({ "resumed": arguments.resume, "jobs": found }));
    } else if found.is_empty() {
        println!("No job that is older than {} minutes has work left.", arguments.older_than);
    }
    Ok(())
}
