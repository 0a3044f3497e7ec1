use anyhow::Result;
use serde_json::json;

use crate::connection::Table;

/// Options of `deskless purge`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Remove to the end what deleted conversations have left. Without it they are only listed.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    table: Table,
}

/// What deleted conversations have left behind. The worker on the table's stream removes it; after a long outage, when
/// the stream has forgotten, this does.
pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let mut found = Vec::new();
    for workspace in operator.list_workspaces().await? {
        let tenant = operator.workspace(workspace.id).await?;
        for (id, purged) in tenant.list_tombstones().await? {
            if arguments.resume {
                tenant.purge_to_the_end(id).await?;
            }
            if !arguments.table.json {
                let state = if arguments.resume { "removed".to_owned() } else { format!("{purged} items removed") };
                println!("{}  {id}  {state}", workspace.id);
            }
            found.push(json!({ "workspaceId": workspace.id, "conversationId": id, "purged": purged }));
        }
    }
    if arguments.table.json {
        println!("{}", json!({ "resumed": arguments.resume, "conversations": found }));
    } else if found.is_empty() {
        println!("Nothing is left of deleted conversations.");
    }
    Ok(())
}
