use anyhow::Result;
use clap::Subcommand;
use deskless_domain::Title;
use serde_json::json;

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
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    match arguments.command {
        Command::Create { name } => {
            let workspace = operator.create_workspace(Title::parse(name)?).await?;
            if arguments.table.json {
                println!("{}", json!({ "workspace": { "id": workspace.id, "name": workspace.name } }));
            } else {
                println!("{}  {}", workspace.id, workspace.name);
            }
        }
        Command::List => {
            let workspaces = operator.list_workspaces().await?;
            if arguments.table.json {
                let all: Vec<_> = workspaces.iter().map(|w| json!({ "id": w.id, "name": w.name })).collect();
                println!("{}", json!({ "workspaces": all }));
            } else {
                for workspace in workspaces {
                    println!("{}  {}", workspace.id, workspace.name);
                }
            }
        }
    }
    Ok(())
}
