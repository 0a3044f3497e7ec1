use std::{fmt::Write, sync::Arc, time::Duration};

use anyhow::Result;
use deskless_store::DueFeed;
use deskless_timers::{Limits, Report, sweep};
use serde_json::to_string;
use tokio::time::sleep;

use crate::{connection::Table, deliveries};

/// Options of `deskless timers`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Sweep again after this number of seconds, until it is stopped. Without this option, sweeps once.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    #[command(flatten)]
    table: Table,
}

/// Handles what is due at a time, as the functions `timers` and `deliveries` do: for a stack whose functions do not run, and for
/// functions that run without the local stack. Deliveries are sent from this process. Beside functions that run, it does no harm.
pub async fn run(arguments: Arguments) -> Result<()> {
    let operator = arguments.table.operator().await?;
    let (starter, mut runs) = deliveries::channel();
    let store = operator.store().clone().with_deliveries(Some(Arc::new(starter)));
    let feed = DueFeed::new(store.clone());
    loop {
        let report = Box::pin(sweep(&feed, Limits::default())).await;
        // A sweep that finds nothing is not worth a line, unless it is the only one.
        if report.found + report.unread_shards > 0 || arguments.every.is_none() {
            println!("{}", if arguments.table.json { to_string(&report)? } else { text(&report) });
        }
        for error in runs.finish(&store).await? {
            eprintln!("a delivery failed, and is tried again later: {error}");
        }
        match arguments.every {
            Some(seconds) => sleep(Duration::from_secs(seconds)).await,
            None => return Ok(()),
        }
    }
}

fn text(report: &Report) -> String {
    let Report { found, ended, started, obsolete, failed, left, unread_shards, .. } = report;
    let mut text =
        format!("{found} due: {ended} snoozes ended, {started} deliveries started, {obsolete} done by others");
    for (number, what) in [(failed, "failed"), (left, "left to the next sweep"), (unread_shards, "shards not read")] {
        if *number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    text
}
