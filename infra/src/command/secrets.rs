use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use deskless_domain::{Clock, Timestamp};
use deskless_runtime::SystemClock;
use deskless_store::{SecretsMoved, SecretsRotation};
use serde_json::json;
use tokio::time::sleep;

use crate::connection::Table;

/// Options of `deskless secrets`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    table: Table,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Encrypt all stored secrets with a new data key, while the API stays in use.
    ///
    /// Takes about three minutes. The previous data key is removed at the end. If the command is interrupted, run it again:
    /// it continues.
    Rotate,
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let Command::Rotate = arguments.command;
    let operator = arguments.table.operator().await?;
    let json = arguments.table.json;
    let progress = |text: &str| {
        if !json {
            println!("{text}");
        }
    };
    let rotation = operator.start_secrets_rotation().await?;
    if rotation.is_resumed {
        progress("Continuing a rotation that was interrupted.");
    }
    let (mut moved, mut until) = (0, rotation.ready_at);
    let walk = loop {
        let is_ready = SystemClock.now() >= until;
        let walk = rotation.move_secrets().await?;
        moved += walk.moved;
        if is_ready && is_clean(walk) {
            break walk;
        }
        progress(&format!("{moved} secrets encrypted with the new data key. Waiting for requests in progress …"));
        if is_ready {
            until = SystemClock.now().plus_seconds(SecretsRotation::PAUSE_SECONDS);
        }
        wait_until(until).await;
    };
    rotation.finish().await?;
    if json {
        println!("{}", json!({ "secrets": walk.found, "moved": moved, "resumed": rotation.is_resumed }));
    } else {
        println!("Encrypted {moved} of {} secrets with the new data key. The previous one is removed.", walk.found);
    }
    Ok(())
}

/// Returns whether every secret had been moved before.
fn is_clean(walk: SecretsMoved) -> bool {
    walk.moved == 0 && walk.skipped == 0
}

async fn wait_until(time: Timestamp) {
    let millis = time.as_millis() - SystemClock.now().as_millis();
    sleep(Duration::from_millis(millis.max(0).unsigned_abs())).await;
}
