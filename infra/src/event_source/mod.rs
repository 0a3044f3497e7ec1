//! Emulates Lambda's event source mapping: polls the table's stream, delivers records to a worker and retries failures.
//!
//! As with `ParallelizationFactor`, records are delivered in lanes. A lane that is slow or retries does not delay the
//! others, but the checkpoint moves only past records that every lane has finished.

mod lanes;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use deskless_infra::{
    engine::{EngineFile, TABLE},
    private,
    stream::{BATCH, Stream, sequence_number},
    worker::Worker,
};
use futures_util::future::{try_join, try_join_all};
use lanes::{Entry, Progress};
use serde_json::Value;
use tokio::{
    sync::mpsc::{Receiver, Sender},
    time::{MissedTickBehavior, interval, sleep},
};

/// How often we check whether the engine has written. The stream is read only if it has.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How many times a failing record is delivered before it is written to disk and skipped.
const MAX_ATTEMPTS: u32 = 6;
/// The delay before the first retry. It grows by the same amount with each retry.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// How often the stream records that every worker has finished are deleted.
const TRIM_INTERVAL: Duration = Duration::from_secs(5);

/// The sequence number of the first failed record of a batch, or `None` if all succeeded.
pub type BatchResult = Result<Option<String>>;

/// Delivers the table's stream to one worker, starting after its checkpoint.
pub struct EventSource {
    worker: Worker,
    engine: String,
    file: EngineFile,
    checkpoint: PathBuf,
    failed: PathBuf,
    retry_delay: Duration,
}

impl EventSource {
    /// An event source on the engine at this URL, which stores its data in `file`.
    pub fn new(engine: &str, file: &EngineFile, folder: &Path, worker: Worker) -> Self {
        let failed = folder.join(format!("failed-{}", worker.name()));
        let checkpoint = checkpoint(folder, worker);
        let (engine, file) = (engine.to_owned(), file.clone());
        Self { worker, engine, file, checkpoint, failed, retry_delay: RETRY_DELAY }
    }

    /// Polls and delivers until an error occurs.
    ///
    /// # Errors
    /// If the stream cannot be read or the checkpoint cannot be written.
    pub async fn run(&self, deliver: impl AsyncFn(&[Value]) -> BatchResult) -> Result<()> {
        let after = fs::read_to_string(&self.checkpoint).ok();
        let mut stream = match Stream::open(&self.engine, TABLE, after.as_deref().map(str::trim)).await {
            Ok(stream) => stream,
            // The checkpoint has expired or belongs to another table: start from the oldest record.
            Err(_) if after.is_some() => Stream::open(&self.engine, TABLE, None).await?,
            Err(error) => return Err(error),
        };
        let mut changes = self.file.changes()?;
        let next = async || {
            loop {
                let records = stream.next().await?;
                if !records.is_empty() {
                    return Ok(records);
                }
                while !changes.any()? {
                    sleep(POLL_INTERVAL).await;
                }
            }
        };
        self.run_lanes(next, deliver).await
    }

    /// Reads records from `next` into lanes and delivers the lanes side by side. Returns only on failure.
    async fn run_lanes(
        &self,
        next: impl AsyncFnMut() -> Result<Vec<Value>>,
        deliver: impl AsyncFn(&[Value]) -> BatchResult,
    ) -> Result<()> {
        let progress = Progress::default();
        let (senders, receivers) = lanes::queues();
        let deliveries = receivers.into_iter().map(|queue| self.run_lane(queue, &progress, &deliver));
        let read = self.read(next, senders, &progress);
        try_join(read, try_join_all(deliveries)).await.map(drop)
    }

    /// Puts every record into its lane.
    async fn read(
        &self,
        mut next: impl AsyncFnMut() -> Result<Vec<Value>>,
        lanes: Vec<Sender<Entry>>,
        progress: &Progress,
    ) -> Result<()> {
        loop {
            for record in next().await? {
                let wanted = self.worker.wants(&record).then(|| lanes::lane_of(&record));
                let entry = progress.add(record);
                match wanted {
                    Some(lane) => lanes[lane].send(entry).await.ok().context("a lane has ended")?,
                    None => progress.finish(&entry),
                }
            }
            self.save_checkpoint(progress)?;
        }
    }

    /// Delivers the records of one lane in order, in batches.
    async fn run_lane(
        &self,
        mut queue: Receiver<Entry>,
        progress: &Progress,
        deliver: &impl AsyncFn(&[Value]) -> BatchResult,
    ) -> Result<()> {
        let mut entries = Vec::new();
        while queue.recv_many(&mut entries, BATCH).await > 0 {
            let batch = entries.iter_mut().map(|entry| entry.record.take()).collect();
            self.deliver_batch(batch, deliver).await?;
            entries.drain(..).for_each(|entry| progress.finish(&entry));
            self.save_checkpoint(progress)?;
        }
        Ok(())
    }

    fn save_checkpoint(&self, progress: &Progress) -> Result<()> {
        let Some(checkpoint) = progress.take_checkpoint() else { return Ok(()) };
        private::write(&self.checkpoint, checkpoint)
            .with_context(|| format!("cannot write {}", self.checkpoint.display()))
    }

    /// Delivers a batch until every record has succeeded or has been given up. A failing batch is retried from the
    /// failed record and split in half, so that one bad record does not block the others.
    async fn deliver_batch(&self, batch: Vec<Value>, deliver: &impl AsyncFn(&[Value]) -> BatchResult) -> Result<()> {
        // A stack: the next batch is the last entry.
        let mut pending = vec![(batch, 0)];
        while let Some((mut batch, attempts)) = pending.pop() {
            let (failed, why) = match deliver(&batch).await {
                Ok(None) => continue,
                Ok(Some(failed)) => (failed, "the worker reported a failure".to_owned()),
                Err(error) => (String::new(), format!("{error:#}")),
            };
            let done = batch.iter().position(|record| sequence_number(record) == failed).unwrap_or(0);
            batch.drain(..done);
            let attempts = if done > 0 { 1 } else { attempts + 1 };
            if batch.len() > 1 {
                let rest = batch.split_off(batch.len().div_ceil(2));
                pending.push((rest, 0));
            } else if attempts >= MAX_ATTEMPTS {
                self.save_failed(&batch, &why)?;
                continue;
            }
            pending.push((batch, attempts));
            sleep(self.retry_delay * attempts).await;
        }
        Ok(())
    }

    /// Writes each record to the folder of failures, like the on-failure bucket on AWS.
    fn save_failed(&self, batch: &[Value], why: &str) -> Result<()> {
        private::folder(&self.failed)?;
        for record in batch {
            let file = self.failed.join(format!("{}.json", sequence_number(record)));
            private::write(&file, format!("{record:#}\n"))
                .with_context(|| format!("cannot write {}", file.display()))?;
            println!("Gave up on a stream record ({why}). Saved it to {}.", file.display());
        }
        Ok(())
    }
}

/// Deletes the stream records that every worker has finished. Returns only on failure.
///
/// # Errors
/// If the engine's file cannot be written.
pub async fn trim_stream(file: &EngineFile, folder: &Path) -> Result<()> {
    let mut trimmed = String::new();
    let mut tick = interval(TRIM_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let checkpoints = Worker::ALL.map(|worker| fs::read_to_string(checkpoint(folder, worker)).unwrap_or_default());
        // All sequence numbers have the same length. An empty text, of a worker without a checkpoint, comes first.
        let Some(lowest) = checkpoints.into_iter().min().filter(|lowest| !lowest.is_empty() && *lowest != trimmed)
        else {
            continue;
        };
        let (engine, before) = (file.clone(), lowest.clone());
        tokio::task::spawn_blocking(move || engine.trim_stream(TABLE, before.trim())).await??;
        trimmed = lowest;
    }
}

fn checkpoint(folder: &Path, worker: Worker) -> PathBuf {
    folder.join(format!("{}.checkpoint", worker.name()))
}

/// Returns the sequence number that the function reports as its first failure.
pub fn first_failure(response: &Value) -> Option<String> {
    response["batchItemFailures"][0]["itemIdentifier"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
