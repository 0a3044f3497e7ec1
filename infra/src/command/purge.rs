use anyhow::Result;
use deskless_app::removals;
use deskless_domain::{AuditAction, AuditEvent};
use serde_json::json;

use crate::connection::Table;

/// Options of `deskless purge`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Remove the items. Without this option, the conversations are only listed.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    table: Table,
}

/// Lists deleted conversations that still have items in the table, or removes those items. Normally the worker on the
/// stream does this. Use the command after an outage that outlasted the stream's 24 hours.
pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let mut conversations = Vec::new();
    for workspace in operator.list_workspaces().await? {
        // A workspace that is being deleted has nothing to resume.
        let Some(tenant) = operator.open(workspace.id).await? else { continue };
        let tombstones = tenant.list_tombstones().await?;
        if arguments.resume && !tombstones.is_empty() {
            tenant.record_audit_event(AuditEvent::new(AuditAction::WorkspacePurged, workspace.id)).await?;
        }
        for id in tombstones {
            if arguments.resume {
                removals::remove_completely(&tenant, id).await?;
            }
            if !arguments.table.json {
                let state = if arguments.resume { "removed" } else { "not removed yet" };
                println!("{}  {id}  {state}", workspace.id);
            }
            conversations.push(json!({ "workspaceId": workspace.id, "conversationId": id }));
        }
    }
    if arguments.table.json {
        println!("{}", json!({ "resumed": arguments.resume, "conversations": conversations }));
    } else if conversations.is_empty() {
        println!("No deleted conversation has items left.");
    }
    Ok(())
}
