//! Fills a running stack through its API and measures requests per second, run by `make load`.
//!
//! `CONVERSATIONS` and `MESSAGES` set how many there are before the measurement (default 100000 and 1000000). What
//! earlier runs have created counts, so only the first run takes long. `SECONDS` sets how long each line is measured
//! (default 10), and `ONLY` limits the lines to names that contain its value. The stack is the one in `dev.env` of
//! `DESKLESS_FOLDER` (default `.local`).

mod client;
mod lines;
mod seed;

use std::{
    collections::BTreeMap,
    env, fs,
    path::PathBuf,
    str::FromStr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use client::Client;

/// How many connections send requests at once.
const CONNECTIONS: usize = 8;

/// The running stack.
struct Stack {
    folder: PathBuf,
    address: String,
    key: String,
}

impl Stack {
    fn from_env() -> Result<Self> {
        let folder = PathBuf::from(env::var("DESKLESS_FOLDER").unwrap_or_else(|_| ".local".to_owned()));
        let file = folder.join("dev.env");
        let text = fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}: start a stack with `make serve` first", file.display()))?;
        let values: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let value = |name| values.get(name).copied().with_context(|| format!("{} has no {name}", file.display()));
        let address = value("DESKLESS_URL")?.trim_start_matches("http://").to_owned();
        Ok(Self { address, key: value("DESKLESS_API_KEY")?.to_owned(), folder })
    }

    fn client(&self) -> Result<Client> {
        Client::connect(&self.address, &self.key)
    }

    /// Waits until the workers have caught up: their checkpoints do not move for a second.
    fn settle(&self) {
        let checkpoints =
            || ["events", "jobs"].map(|worker| fs::read(self.folder.join(format!("{worker}.checkpoint"))).ok());
        let started = Instant::now();
        loop {
            let before = checkpoints();
            thread::sleep(Duration::from_secs(1));
            if checkpoints() == before || started.elapsed() > Duration::from_mins(5) {
                return;
            }
        }
    }
}

/// Reads a number from the environment.
fn setting<T: FromStr>(name: &str, default: T) -> Result<T> {
    match env::var(name) {
        Ok(text) => text.parse().map_err(|_| anyhow!("{name} must be a whole number")),
        Err(_) => Ok(default),
    }
}

fn main() -> Result<()> {
    let stack = Stack::from_env()?;
    let mut client = stack.client()?;
    let started = Instant::now();
    client.get("/api/v1/conversations?status=open&limit=20")?;
    println!("first list: {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);

    seed::fill(&stack, setting("CONVERSATIONS", 100_000)?, setting("MESSAGES", 1_000_000)?)?;
    let duration = Duration::from_secs(setting("SECONDS", 10)?);
    let only = env::var("ONLY").unwrap_or_default();
    let targets = lines::Targets::find(&mut client)?;
    println!("{:<24} {:>12} {:>12} {:>12}", "", "requests/s", "median", "99 %");
    for line in lines::LINES.iter().filter(|line| line.name.contains(&only)) {
        stack.settle();
        let result = line.measure(&stack, &targets, duration)?;
        println!(
            "{:<24} {:>12.0} {:>9.1} ms {:>9.1} ms",
            line.name, result.per_second, result.median_ms, result.high_ms
        );
    }
    Ok(())
}
