use anyhow::{Result, anyhow};
use clap::Subcommand;
use deskless_api::token;
use deskless_domain::{Clock, CustomerId, Identity, Invalid, WorkspaceId};
use deskless_runtime::SystemClock;
use serde_json::json;

use super::workspace::{named, workspace_id};
use crate::connection::Table;

/// Options of `deskless identity`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    table: Table,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a new identity secret for signing customer tokens.
    ///
    /// The secret is printed once. The
    /// previous secret stays valid for 24 hours; older ones stop working.
    Rotate {
        /// ID of the workspace.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
    },
    /// Sign a customer token for testing.
    ///
    /// In production, your back end signs tokens with any JWT library.
    Token {
        /// ID of the workspace.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
        /// ID of the customer.
        #[arg(long, value_parser = customer_id)]
        customer: CustomerId,
        /// Lifetime of the token in minutes, at most 1440 (24 hours).
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=1440))]
        minutes: u16,
    },
}

fn customer_id(text: &str) -> Result<CustomerId, Invalid> {
    CustomerId::parse(text.to_owned())
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let (Command::Rotate { workspace } | Command::Token { workspace, .. }) = arguments.command;
    let tenant = named(operator.workspace(workspace).await, workspace)?;
    match arguments.command {
        Command::Rotate { .. } => {
            let secret = tenant.rotate_identity().await?;
            let until = SystemClock.now().plus_seconds(Identity::OVERLAP_SECONDS);
            if arguments.table.json {
                let details = json!({ "id": secret.id, "createdAt": secret.created_at.to_string() });
                println!("{}", json!({ "identitySecret": details, "secret": secret.reveal() }));
            } else {
                println!("{}", secret.id);
                println!("{}", secret.reveal());
                eprintln!(
                    "Store this secret now: it is not shown again.\nSign JWTs with HS256, kid {id}, aud {workspace}, \
                     sub (the customer's ID), iat and exp.\nA previous secret stays valid until {until}.",
                    id = secret.id,
                );
            }
        }
        Command::Token { customer, minutes, .. } => {
            let identity = tenant.identity().await?;
            let secret = identity.current.as_ref().ok_or_else(|| {
                anyhow!("the workspace has no identity secret: create one with `deskless identity rotate`")
            })?;
            let token = token::sign(secret, workspace, &customer, SystemClock.now(), i64::from(minutes) * 60)?;
            if arguments.table.json {
                println!("{}", json!({ "customerToken": token }));
            } else {
                println!("{token}");
            }
        }
    }
    Ok(())
}
