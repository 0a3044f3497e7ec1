use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use deskless_domain::{BulkActionId, Invalid};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::time::sleep;

use crate::api::{Api, Options};

/// How often the status is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(400);
/// How many polls in a row may fail.
const MAX_FAILURES: usize = 5;

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
    /// Show the progress of a bulk action until it ends.
    ///
    /// Exits with status 1 if the action failed on any conversation.
    Watch {
        /// ID of the bulk action.
        #[arg(value_parser = bulk_action_id)]
        id: BulkActionId,
    },
}

fn bulk_action_id(text: &str) -> Result<BulkActionId, Invalid> {
    BulkActionId::parse(text)
        .ok_or_else(|| Invalid::new("invalid", "must be a bulk action ID, as returned by `POST /api/v1/bulk-actions`"))
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let Command::Watch { id } = arguments.command;
    let api = arguments.api.client()?;
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
    to_result(&ended["bulkAction"])
}

/// Polls the bulk action until it has ended, and returns the last response.
async fn watch(api: &Api, id: BulkActionId, show: impl Fn(&Value)) -> Result<Value> {
    let path = format!("bulk-actions/{id}");
    // The first request is not retried: its errors, such as 404, are permanent.
    let mut response = api.get(&path).await.with_context(|| format!("bulk action {id}"))?;
    let mut failed = 0;
    loop {
        show(&response["bulkAction"]);
        if response["bulkAction"]["finishedAt"].is_string() {
            return Ok(response);
        }
        sleep(POLL_INTERVAL).await;
        match api.get(&path).await {
            Ok(fresh) => (response, failed) = (fresh, 0),
            Err(error) if failed == MAX_FAILURES => return Err(error),
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
    format!("{} {}: {processed} of {matched} processed, {failed} failed", text(bulk, "action"), text(bulk, "status"))
}

fn to_result(bulk: &Value) -> Result<()> {
    match (text(bulk, "status"), number(bulk, "failedCount")) {
        ("succeeded", 0) => Ok(()),
        ("succeeded", failed) => {
            bail!("the bulk action failed on {failed} of {} conversations", number(bulk, "processedCount"))
        }
        ("cancelled", _) => bail!("the bulk action was cancelled; changes made so far are kept"),
        _ => bail!("the bulk action failed: see the log of the function `jobs`"),
    }
}

/// A progress bar, or a counter if the total is unknown. Hidden if standard error is not a terminal.
struct Progress(ProgressBar);

impl Progress {
    fn new() -> Self {
        Self(ProgressBar::new(0))
    }

    fn show(&self, bulk: &Value) {
        let Self(bar) = self;
        let exact = bulk["exact"] == true;
        let template = if exact {
            "{msg} [{bar:40}] {pos}/{len} {elapsed}, {eta} left"
        } else {
            "{spinner} {msg} {pos} processed, {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let failed = number(bulk, "failedCount");
        let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        bar.set_message(format!("{} {}{failures}", text(bulk, "action"), text(bulk, "status")));
        if exact {
            bar.set_length(number(bulk, "matchedCount"));
        }
        bar.set_position(number(bulk, "processedCount"));
        bar.tick();
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
