use anyhow::{Result, anyhow};
use clap::Subcommand;
use deskless_domain::{
    ApiKey, Clock, Invalid, KeyId, KeyKind, Origin, RateLimit, Scope, Timestamp, Title, WorkspaceId,
};
use deskless_runtime::SystemClock;
use deskless_store::{KeyRequest, StoreError};
use serde_json::{Value, json};

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
    /// Make a key. Its secret is printed once and cannot be shown again.
    Create {
        /// The workspace's id.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
        /// What to call it: 1 to 120 characters.
        #[arg(long)]
        name: String,
        /// `server` for a back end, `client` for a browser or an app.
        #[arg(long, default_value = "server", value_parser = KeyKind::parse)]
        kind: KeyKind,
        /// What it allows, such as `read:conversations`; repeat it or separate with commas. All, unless it is said.
        #[arg(long = "scope", value_delimiter = ',', value_parser = Scope::parse)]
        scopes: Vec<Scope>,
        /// From which web origin it may be used; repeat it for more. From anywhere, unless it is said.
        #[arg(long = "origin", value_delimiter = ',', value_parser = Origin::parse)]
        origins: Vec<Origin>,
        /// When it stops working: a time such as `2027-01-01T00:00:00Z`, or a number of days such as `90d`.
        #[arg(long, value_parser = expiry)]
        expires: Option<Timestamp>,
        /// How many requests it may make in a minute: 6000, unless it is said. With a client key each visitor may make a
        /// tenth of them.
        #[arg(long, value_parser = RateLimit::parse)]
        rate_limit: Option<RateLimit>,
    },
    /// List a workspace's keys, without their secrets.
    List {
        /// The workspace's id.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
    },
    /// Revoke a key: it stops working everywhere within 30 seconds.
    Revoke {
        /// The workspace's id.
        #[arg(long, value_parser = workspace_id)]
        workspace: WorkspaceId,
        /// The key's id, as `list` shows it.
        #[arg(value_parser = key_id)]
        key: KeyId,
    },
}

pub(super) fn workspace_id(text: &str) -> Result<WorkspaceId, Invalid> {
    WorkspaceId::parse(text)
        .ok_or_else(|| Invalid::new("invalid", "must be a workspace's id, as `deskless workspace list` shows it"))
}

fn key_id(text: &str) -> Result<KeyId, Invalid> {
    KeyId::parse(text).ok_or_else(|| Invalid::new("invalid", "must be a key's id, as `deskless key list` shows it"))
}

fn expiry(text: &str) -> Result<Timestamp, Invalid> {
    let now = SystemClock.now();
    let end = match text.strip_suffix('d').map(str::parse::<u16>) {
        Some(Ok(days)) => now.plus_seconds(i64::from(days) * 86_400),
        _ => Timestamp::parse(text)
            .map_err(|_| Invalid::new("invalid", "must be a time such as 2027-01-01T00:00:00Z, or days such as 90d"))?,
    };
    if end <= now { Err(Invalid::new("invalid", "must lie ahead")) } else { Ok(end) }
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let json = arguments.table.json;
    let workspace = match arguments.command {
        Command::Create { workspace, .. } | Command::List { workspace } | Command::Revoke { workspace, .. } => {
            workspace
        }
    };
    let tenant = operator.workspace(workspace).await.map_err(|e| match e {
        StoreError::NotFound => anyhow!("there is no workspace {workspace}: `deskless workspace list` shows all"),
        other => other.into(),
    })?;
    match arguments.command {
        Command::Create { name, kind, scopes, origins, expires, rate_limit, .. } => {
            let scopes = if scopes.is_empty() { Scope::ALL.to_vec() } else { scopes };
            let name = Title::parse(name).map_err(|e| anyhow!("the name {}", e.message))?;
            let request = KeyRequest { name, kind, scopes, allowed_origins: origins, expires_at: expires, rate_limit };
            let new = tenant.create_key(request).await?;
            if json {
                println!("{}", json!({ "apiKey": shown(&new.key), "secret": new.secret.reveal() }));
            } else {
                println!("{}", line(&new.key));
                println!("{}", new.secret.reveal());
                eprintln!("This secret is shown once. Keep it where secrets are kept.");
            }
        }
        Command::List { .. } => {
            let keys = tenant.list_keys().await?;
            if json {
                println!("{}", json!({ "apiKeys": keys.iter().map(shown).collect::<Vec<_>>() }));
            } else {
                for key in &keys {
                    println!("{}", line(key));
                }
            }
        }
        Command::Revoke { key, .. } => {
            let key = tenant.revoke_key(key).await.map_err(|e| match e {
                StoreError::NotFound => anyhow!("this workspace has no key {key}: `deskless key list` shows all"),
                other => other.into(),
            })?;
            if json {
                println!("{}", json!({ "apiKey": shown(&key) }));
            } else {
                println!("{}", line(&key));
            }
        }
    }
    Ok(())
}

fn shown(key: &ApiKey) -> Value {
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
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "active".to_owned(),
    };
    let scopes = match key.scopes.len() {
        all if all == Scope::ALL.len() => "all scopes".to_owned(),
        _ => key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    let limit = key.rate_limit.unwrap_or_default().requests();
    format!("{}  …{}  {}  {state}  {scopes}  {limit}/min  {}", key.id, key.last4, key.kind, key.name)
}
