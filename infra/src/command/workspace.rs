//! `deskless workspace`: what an operator does with whole workspaces.

mod export;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, anyhow, bail};
use clap::Subcommand;
use deskless_domain::{BodyLimit, Clock, Invalid, RateLimit, Shards, Timestamp, Title, WorkspaceId};
use deskless_runtime::SystemClock;
use deskless_store::{Operator, RecountStep, StoreError};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::connection::Table;

/// Options of `deskless workspace`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    table: Table,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a workspace.
    Create {
        /// Name of the workspace, 1 to 120 characters.
        name: String,
    },
    /// List all workspaces.
    List,
    /// Change the number of index partitions, which limits how much a workspace can write. Takes 20 seconds.
    Shards {
        /// ID of the workspace.
        #[arg(value_parser = workspace_id)]
        id: WorkspaceId,
        /// Number of partitions, 1 to 64. Each takes about 500 replies a second.
        #[arg(value_parser = clap::value_parser!(u8).range(1..=i64::from(Shards::MAX)))]
        count: u8,
    },
    /// Limit all requests of a workspace together. Takes effect within 20 seconds.
    Limit {
        /// ID of the workspace.
        #[arg(value_parser = workspace_id)]
        id: WorkspaceId,
        /// Requests a minute, 1 to 1000000 [initially: 15000]
        #[arg(value_parser = |text: &str| RateLimit::parse(text).map_err(|invalid| invalid.message))]
        requests: RateLimit,
    },
    /// Set how long message bodies may be in a workspace. Takes effect within 20 seconds.
    MaxBody {
        /// ID of the workspace.
        #[arg(value_parser = workspace_id)]
        id: WorkspaceId,
        /// Characters of a body, 8000 to 262144. Bodies have at most 256 KiB of UTF-8 [initially: 8000]
        #[arg(value_parser = |text: &str| BodyLimit::parse(text).map_err(|invalid| invalid.message))]
        characters: BodyLimit,
    },
    /// Count all conversations again, while the workspace stays in use.
    Recount {
        /// ID of the workspace.
        #[arg(value_parser = workspace_id)]
        id: WorkspaceId,
    },
    /// Write everything in a workspace to a file, as JSON lines in the format of the API.
    Export {
        /// ID of the workspace.
        #[arg(value_parser = workspace_id)]
        id: WorkspaceId,
        /// File to write. It must not exist.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Delete a workspace with everything in it. Cannot be undone.
    Delete {
        /// ID of the workspace.
        #[arg(value_parser = workspace_id)]
        id: WorkspaceId,
        /// Name of the workspace, to confirm the deletion.
        #[arg(long, value_name = "NAME")]
        confirm: String,
    },
}

/// Parses the id of a workspace.
pub(super) fn workspace_id(text: &str) -> Result<WorkspaceId, Invalid> {
    WorkspaceId::parse(text).ok_or_else(|| {
        Invalid::new("invalid", "must be a workspace ID, which is a UUID: list them with `deskless workspace list`")
    })
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let printer = Printer { json: arguments.table.json };
    match arguments.command {
        Command::Create { name } => {
            let workspace = operator.create_workspace(Title::parse(name)?).await?;
            if arguments.table.is_local() {
                operator.allow_local_webhooks(workspace.id).await?;
            }
            printer.result(
                &json!({ "workspace": { "id": workspace.id, "name": workspace.name } }),
                &format!("{}  {}", workspace.id, workspace.name),
            );
        }
        Command::List => {
            let workspaces = operator.list_workspaces().await?;
            let all: Vec<_> = workspaces.iter().map(|w| json!({ "id": w.id, "name": w.name })).collect();
            let lines: Vec<_> = workspaces.iter().map(|w| format!("{}  {}", w.id, w.name)).collect();
            printer.result(&json!({ "workspaces": all }), &lines.join("\n"));
        }
        Command::Shards { id, count } => shards(&operator, id, count, printer).await?,
        Command::Limit { id, requests } => {
            named(operator.set_rate_limit(id, requests).await, id)?;
            let text = format!("The workspace can send {} requests a minute.", requests.requests());
            printer.result(&json!({ "rateLimit": requests }), &text);
        }
        Command::MaxBody { id, characters } => {
            named(operator.set_body_limit(id, characters).await, id)?;
            let text = format!("A message body can have {} characters.", characters.characters());
            printer.result(&json!({ "maxBodyCharacters": characters }), &text);
        }
        Command::Recount { id } => recount(&operator, id, printer).await?,
        Command::Export { id, to } => {
            let tenant = named(operator.workspace(id).await, id)?;
            let exported = export::run(&operator, &tenant, &to).await?;
            let text = format!("Exported {exported} objects to {}.", to.display());
            printer.result(&json!({ "exported": exported, "file": to }), &text);
        }
        Command::Delete { id, confirm } => delete(&operator, id, &confirm, printer).await?,
    }
    Ok(())
}

/// Prints progress and results, as text or as one JSON object.
#[derive(Clone, Copy)]
struct Printer {
    json: bool,
}

impl Printer {
    fn progress(self, text: &str) {
        if !self.json {
            println!("{text}");
        }
    }

    fn result(self, json: &Value, text: &str) {
        if self.json {
            println!("{json}");
        } else if !text.is_empty() {
            println!("{text}");
        }
    }
}

/// Adds the id to the error for an unknown workspace.
pub(super) fn named<T>(result: Result<T, StoreError>, id: WorkspaceId) -> Result<T> {
    match result {
        Err(StoreError::NotFound) => Err(unknown(id)),
        other => Ok(other?),
    }
}

fn unknown(id: WorkspaceId) -> anyhow::Error {
    anyhow!("no workspace has the ID {id}: list them with `deskless workspace list`")
}

async fn shards(operator: &Operator, id: WorkspaceId, count: u8, printer: Printer) -> Result<()> {
    let change = named(operator.start_shard_change(id, count).await, id)?;
    printer.progress("Reading the new partitions. Waiting until every process knows them …");
    wait_until(change.ready_at).await;
    change.finish().await?;
    let text = format!(
        "Shards written: {} before, {} now. Shards read: {} before, {} now.",
        change.before.write, change.after.write, change.before.read, change.after.read
    );
    printer.result(&json!({ "shards": { "read": change.after.read, "write": change.after.write } }), &text);
    Ok(())
}

async fn recount(operator: &Operator, id: WorkspaceId, printer: Printer) -> Result<()> {
    let mut recount = named(operator.start_recount(id).await, id)?;
    printer.progress("Starting new counters. Waiting until every process uses them …");
    wait_until(recount.ready_at()).await;
    let mut counted = 0;
    loop {
        match recount.step().await? {
            RecountStep::Counted(more) => counted += more,
            RecountStep::Finished => break,
        }
        if counted.is_multiple_of(10_000) && counted > 0 {
            printer.progress(&format!("{counted} conversations counted …"));
        }
    }
    printer.result(&json!({ "counted": counted }), &format!("Counted {counted} conversations."));
    Ok(())
}

async fn delete(operator: &Operator, id: WorkspaceId, confirm: &str, printer: Printer) -> Result<()> {
    let workspaces = operator.list_workspaces().await?;
    match workspaces.iter().find(|workspace| workspace.id == id) {
        None => return Err(unknown(id)),
        Some(workspace) if workspace.name.as_str() != confirm => {
            bail!("--confirm must be the name of the workspace, which is `{}`", workspace.name)
        }
        Some(_) => {}
    }
    let deletion = named(operator.start_deletion(id).await, id)?;
    printer.progress("The API keys stop working. Waiting two minutes, until every process has stopped writing …");
    wait_until(deletion.ready_at).await;
    let mut removed = 0;
    loop {
        match deletion.remove_items().await? {
            0 => break,
            more => removed += more,
        }
        printer.progress(&format!("{removed} items removed …"));
    }
    deletion.finish().await?;
    printer.result(&json!({ "removed": removed }), &format!("Deleted the workspace `{}`.", deletion.name));
    Ok(())
}

async fn wait_until(time: Timestamp) {
    let left = time.as_millis() - SystemClock.now().as_millis();
    // One second more, for clocks that differ.
    sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0)) + Duration::from_secs(1)).await;
}
