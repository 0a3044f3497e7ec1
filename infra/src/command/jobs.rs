use anyhow::Result;
use deskless_domain::{Clock, Timestamp};
use deskless_runtime::SystemClock;
use deskless_store::OpenJob;
use serde_json::json;

use crate::connection::Table;

/// Options of `deskless jobs`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Resume the jobs. Without this option, they are only listed.
    #[arg(long)]
    resume: bool,
    /// Only include jobs that started at least this many minutes ago.
    #[arg(long, default_value_t = 15, value_name = "MINUTES")]
    older_than: u32,
    #[command(flatten)]
    table: Table,
}

/// Lists or resumes unfinished bulk actions and automation runs. A job stops if an outage outlasts the retries of its
/// stream record. Resuming writes the job again, so that the stream delivers a new record.
pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let now = SystemClock.now().as_millis();
    let before = Timestamp::from_millis(now - i64::from(arguments.older_than) * 60_000);
    let mut jobs = Vec::new();
    for workspace in operator.list_workspaces().await? {
        // A workspace that is being deleted has nothing to resume.
        let Some(tenant) = operator.open(workspace.id).await? else { continue };
        for job in tenant.list_open_jobs(before).await? {
            if arguments.resume {
                tenant.retrigger_job(job).await?;
            }
            let (kind, id, started) = match job {
                OpenJob::Bulk(id) => ("bulk action", id.to_string(), id.time()),
                OpenJob::Execution(_, id) => ("execution", id.to_string(), id.time()),
            };
            if !arguments.table.json {
                let state = if arguments.resume { ", resumed" } else { "" };
                println!("{}  {kind} {id}, started {started}{state}", workspace.id);
            }
            jobs.push(json!({ "workspaceId": workspace.id, "kind": kind, "id": id, "beganAt": started.to_string() }));
        }
    }
    if arguments.table.json {
        println!("{}", json!({ "resumed": arguments.resume, "jobs": jobs }));
    } else if jobs.is_empty() {
        println!("No unfinished jobs older than {} minutes.", arguments.older_than);
    }
    Ok(())
}
