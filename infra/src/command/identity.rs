use anyhow::{Result, anyhow};
use clap::Subcommand;
use deskless_api::token;
use deskless_domain::{Clock, CustomerId, Identity, Invalid, WorkspaceId};
use deskless_runtime::SystemClock;
use deskless_store::StoreError;
use serde_json::json;

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
    /// Make a new identity secret, with which your back end signs customers' tokens. It is printed once. The one before
    /// counts for another day; one before that, no more.
    Rotate {
        /// The workspace's id.
        #[arg(long, value_parser = super::key::workspace_id)]
        workspace: WorkspaceId,
    },
    /// Sign a token for a customer with the current secret, to try things out. Your back end does the same with any JWT library.
    Token {
        /// The workspace's id.
        #[arg(long, value_parser = super::key::workspace_id)]
        workspace: WorkspaceId,
        /// The customer's id.
        #[arg(long, value_parser = customer_id)]
        customer: CustomerId,
        /// For how many minutes it is good; a day at the most.
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
    let tenant = operator.workspace(workspace).await.map_err(|e| match e {
        StoreError::NotFound => anyhow!("there is no workspace {workspace}: `deskless workspace list` shows all"),
        other => other.into(),
    })?;
    match arguments.command {
        Command::Rotate { .. } => {
            let secret = tenant.rotate_identity().await?;
            let until = SystemClock.now().plus_seconds(Identity::OVERLAP_SECONDS);
            if arguments.table.json {
                let shown = json!({ "id": secret.id, "createdAt": secret.created_at.to_string() });
                println!("{}", json!({ "identitySecret": shown, "secret": secret.reveal() }));
            } else {
                println!("{}", secret.id);
                println!("{}", secret.reveal());
                eprintln!(
                    "This secret is shown once. Sign JWTs with it: HS256, kid {id}, aud {workspace}, sub the customer's id, \
                     iat, exp. If there was one before, that counts until {until}.",
                    id = secret.id,
                );
            }
        }
        Command::Token { customer, minutes, .. } => {
            let identity = tenant.identity().await?;
            let secret = identity.current.as_ref().ok_or_else(|| {
                anyhow!("this workspace has no identity secret: make one with `deskless identity rotate`")
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
