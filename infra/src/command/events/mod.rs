mod line;

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};
use clap::Subcommand;

use super::resume;
use crate::{
    api,
    feed::{self, Feed},
    local::Interrupt,
    log::note,
};

/// Options of `deskless events`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    api: api::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print events as they happen, until you press Ctrl-C.
    ///
    /// Prints one line for each event. With --json, that is the event as the API returns it. The workspace keeps a log of its events from
    /// the first time it is read, for 30 days. At the end, the command prints how to continue without missing an event.
    Tail {
        #[command(flatten)]
        feed: feed::Options,
        /// Exit after the newest event, instead of waiting for more.
        #[arg(long)]
        no_follow: bool,
    },
}

pub async fn run(arguments: Arguments) -> Result<()> {
    let mut interrupt = Interrupt::listen()?;
    let Command::Tail { feed: options, no_follow } = arguments.command;
    let api = arguments.api.client()?;
    let mut feed = Feed::new(&api, &options)?;
    let result = tokio::select! {
        result = tail(&mut feed, arguments.api.json, !no_follow) => result,
        () = interrupt.received() => Ok(()),
    };
    let command = ["events".to_owned(), "tail".to_owned()].into_iter().chain(options.filters());
    resume::print(command.chain(arguments.api.arguments()), &feed);
    result
}

/// Prints events. Returns when the output is closed, or after the newest event unless `follow` is set.
async fn tail(feed: &mut Feed<'_>, as_json: bool, follow: bool) -> Result<()> {
    let mut page = feed.next_page().await?;
    if follow {
        note("Waiting for events. Press Ctrl-C to stop.");
    }
    loop {
        for event in &page.events {
            let line = if as_json { event.text.get().to_owned() } else { line::line(&event.value) };
            // `println!` would panic if the reader has gone, such as `head`.
            match writeln!(anstream::stdout(), "{line}") {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                written => written.context("cannot write to standard output")?,
            }
            feed.advance(event.id())?;
        }
        feed.advance(&page.next_cursor)?;
        if !follow && page.is_last() {
            return Ok(());
        }
        feed.wait(&page).await;
        page = feed.next_page().await?;
    }
}
