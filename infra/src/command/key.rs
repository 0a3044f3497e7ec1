use anyhow::{Result, anyhow};
use clap::Subcommand;
use deskless_app::{AppError, keys};
use deskless_domain::{
    ApiKey, Clock, Invalid, KeyId, KeyKind, Origin, Precondition, RateLimit, Scope, Timestamp, Title, WorkspaceId,
};
use deskless_runtime::SystemClock;
use deskless_store::KeyRequest;
use serde_json::{Value, json};

use super::workspace::{named, workspace_id};
use crate::connection::Table;

/// Options of `deskless key`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    table: Table,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create an API key.
    ///
    /// The secret is printed once and cannot be shown again.
    Create {
        /// ID of the workspace.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
        /// Name of the key, 1 to 120 characters.
        #[arg(long)]
        name: String,
        /// Kind of key: `server` for a back end, `client` for a browser or an app.
        #[arg(long, default_value = "server", value_parser = KeyKind::parse)]
        kind: KeyKind,
        /// Scope to grant, such as `read:conversations`. Repeat or separate with commas [default: all]
        #[arg(long = "scope", value_delimiter = ',', value_parser = Scope::parse)]
        scopes: Vec<Scope>,
        /// Web origin that may use the key. Repeat or separate with commas [default: any]
        #[arg(long = "origin", value_delimiter = ',', value_parser = Origin::parse)]
        origins: Vec<Origin>,
        /// Expiry: a time such as `2027-01-01T00:00:00Z`, or a number of days such as `90d` [default: never]
        #[arg(long, value_parser = expiry)]
        expires: Option<Timestamp>,
        /// Requests per minute [default: 6000]. With a client key, each visitor may use a tenth of the limit.
        #[arg(long, value_parser = RateLimit::parse)]
        rate_limit: Option<RateLimit>,
    },
    /// List the API keys of a workspace, without secrets.
    List {
        /// ID of the workspace.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
    },
    /// Revoke an API key.
    ///
    /// The key stops working within 30 seconds.
    Revoke {
        /// ID of the workspace.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
        /// ID of the key.
        #[arg(value_parser = key_id)]
        key: KeyId,
    },
}

fn key_id(text: &str) -> Result<KeyId, Invalid> {
    KeyId::parse(text).ok_or_else(|| Invalid::new("invalid", "must be a key ID: list keys with `deskless key list`"))
}

fn expiry(text: &str) -> Result<Timestamp, Invalid> {
    let now = SystemClock.now();
    let end = match text.strip_suffix('d').map(str::parse::<u16>) {
        Some(Ok(days)) => now.plus_seconds(i64::from(days) * 86_400),
        _ => Timestamp::parse(text).map_err(|_| {
            Invalid::new("invalid", "must be a time such as 2027-01-01T00:00:00Z or a number of days such as 90d")
        })?,
    };
    if end <= now { Err(Invalid::new("invalid", "must be in the future")) } else { Ok(end) }
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let json = arguments.table.json;
    let workspace = match arguments.command {
        Command::Create { workspace, .. } | Command::List { workspace } | Command::Revoke { workspace, .. } => {
            workspace
        }
    };
    let tenant = named(operator.workspace(workspace).await, workspace)?;
    match arguments.command {
        Command::Create { name, kind, scopes, origins, expires, rate_limit, .. } => {
            let scopes = if scopes.is_empty() { Scope::ALL.to_vec() } else { scopes };
            let name = Title::parse(name).map_err(|e| anyhow!("--name {}", e.message))?;
            let request = KeyRequest { name, kind, scopes, allowed_origins: origins, expires_at: expires, rate_limit };
            let new = tenant.create_key(request).await?;
            if json {
                println!("{}", json!({ "apiKey": to_json(&new.key), "secret": new.secret.reveal() }));
            } else {
                println!("{}", line(&new.key));
                println!("{}", new.secret.reveal());
                eprintln!("Store this secret now: it is not shown again.");
            }
        }
        Command::List { .. } => {
            let keys = tenant.list_keys().await?;
            if json {
                println!("{}", json!({ "apiKeys": keys.iter().map(to_json).collect::<Vec<_>>() }));
            } else {
                for key in &keys {
                    println!("{}", line(key));
                }
            }
        }
        Command::Revoke { key, .. } => {
            let key = keys::revoke(&tenant, key, &Precondition::NONE).await.map_err(|e| match e {
                AppError::NotFound => anyhow!("the workspace has no key {key}: list keys with `deskless key list`"),
                other => anyhow!(other),
            })?;
            if json {
                println!("{}", json!({ "apiKey": to_json(&key) }));
            } else {
                println!("{}", line(&key));
            }
        }
    }
    Ok(())
}

fn to_json(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "kind": key.kind,
        "scopes": key.scopes,
        "allowedOrigins": key.allowed_origins,
        "expiresAt": key.expires_at.map(|t| t.to_string()),
        "rateLimit": key.rate_limit,
        "revokedAt": key.revoked_at.map(|t| t.to_string()),
        "last4": key.last4,
    })
}

fn line(key: &ApiKey) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= SystemClock.now() => format!("expired {at}"),
        (None, Some(at)) => format!("expires {at}"),
        (None, None) => "active".to_owned(),
    };
    let scopes = match key.scopes.len() {
        all if all == Scope::ALL.len() => "all scopes".to_owned(),
        _ => key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    let limit = key.rate_limit.unwrap_or_default().requests();
    format!("{}  …{}  {}  {state}  {scopes}  {limit}/min  {}", key.id, key.last4, key.kind, key.name)
}
