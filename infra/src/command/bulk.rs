use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use deskless_domain::{BulkActionId, Invalid};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::time::sleep;

use crate::api::{Api, Options};

/// How often it is asked how far a bulk action has come.
const PACE: Duration = Duration::from_millis(400);
/// How often in a row an answer may fail.
const PATIENCE: usize = 5;

/// Options of `deskless bulk`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    api: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show how far a bulk action has come, until it has ended. Fails when it was not possible on every conversation.
    Watch {
        /// The bulk action's id, as the answer that began it has it.
        #[arg(value_parser = bulk_action_id)]
        id: BulkActionId,
    },
}

fn bulk_action_id(text: &str) -> Result<BulkActionId, Invalid> {
    BulkActionId::parse(text)
        .ok_or_else(|| Invalid::new("invalid", "must be a bulk action's id, as `POST /api/v1/bulk-actions` answers it"))
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let Command::Watch { id } = arguments.command;
    let api = arguments.api.api()?;
    let progress = Progress::new();
    let ended = watch(&api, id, |bulk| progress.show(bulk)).await;
    progress.clear();
    let ended = ended?;
    if arguments.api.json {
        println!("{ended}");
    } else {
        println!("{}", line(&ended["bulkAction"]));
        for failure in ended["bulkAction"]["results"].as_array().into_iter().flatten() {
            println!("  {}  {}", text(failure, "id"), text(failure, "text"));
        }
    }
    outcome(&ended["bulkAction"])
}

/// Asks again and again until it has ended.
async fn watch(api: &Api, id: BulkActionId, show: impl Fn(&Value)) -> Result<Value> {
    let path = format!("bulk-actions/{id}");
    // What is wrong from the start is wrong for good; later it may pass.
    let mut answer = api.get(&path).await.with_context(|| format!("bulk action {id}"))?;
    let mut failed = 0;
    loop {
        show(&answer["bulkAction"]);
        if answer["bulkAction"]["finishedAt"].is_string() {
            return Ok(answer);
        }
        sleep(PACE).await;
        match api.get(&path).await {
            Ok(fresh) => (answer, failed) = (fresh, 0),
            Err(error) if failed == PATIENCE => return Err(error),
            Err(_) => failed += 1,
        }
    }
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

fn number(object: &Value, name: &str) -> u64 {
    object[name].as_u64().unwrap_or_default()
}

fn line(bulk: &Value) -> String {
    let [matched, processed, failed] = ["matchedCount", "processedCount", "failedCount"].map(|name| number(bulk, name));
    format!("{} {}: {processed} of {matched} dealt with, {failed} failed", text(bulk, "action"), text(bulk, "status"))
}

fn outcome(bulk: &Value) -> Result<()> {
    match (text(bulk, "status"), number(bulk, "failedCount")) {
        ("succeeded", 0) => Ok(()),
        ("succeeded", failed) => {
            bail!("it was not possible on {failed} of {} conversations", number(bulk, "processedCount"))
        }
        ("cancelled", _) => bail!("it was cancelled; what was done stays done"),
        _ => bail!("it could not go on: the log of the function `jobs` says why"),
    }
}

/// A bar where it is known how many there are, and else a count; nothing where nobody looks.
struct Progress(ProgressBar);

impl Progress {
    fn new() -> Self {
        Self(ProgressBar::new(0))
    }

    fn show(&self, bulk: &Value) {
        let Self(bar) = self;
        let known = bulk["exact"] == true;
        let template = if known {
            "{msg} [{bar:40}] {pos}/{len} {elapsed}, {eta} left"
        } else {
            "{spinner} {msg} {pos} so far, {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let failed = number(bulk, "failedCount");
        let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        bar.set_message(format!("{} {}{failures}", text(bulk, "action"), text(bulk, "status")));
        if known {
            bar.set_length(number(bulk, "matchedCount"));
        }
        bar.set_position(number(bulk, "processedCount"));
        bar.tick();
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
