//! Emulates Lambda's event source mapping: polls the table's stream, delivers records to a worker and retries failures.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use deskless_infra::{
    engine::TABLE,
    stream::{Stream, sequence_number},
    worker::Worker,
};
use serde_json::Value;
use tokio::time::sleep;

/// How often an empty stream is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// How many times a failing record is delivered before it is written to disk and skipped.
const MAX_ATTEMPTS: u32 = 6;
/// The delay before the first retry. It grows by the same amount with each retry.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// The sequence number of the first failed record of a batch, or `None` if all succeeded.
pub type BatchResult = Result<Option<String>>;

/// Delivers the table's stream to one worker, starting after its checkpoint.
pub struct EventSource {
    worker: Worker,
    engine: String,
    checkpoint: PathBuf,
    failed: PathBuf,
    retry_delay: Duration,
}

impl EventSource {
    pub fn new(engine: &str, folder: &Path, worker: Worker) -> Self {
        let checkpoint = folder.join(format!("{}.checkpoint", worker.name()));
        let failed = folder.join(format!("failed-{}", worker.name()));
        Self { worker, engine: engine.to_owned(), checkpoint, failed, retry_delay: RETRY_DELAY }
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
        loop {
            let records = stream.next().await?;
            let Some(last) = records.last().map(|record| sequence_number(record).to_owned()) else {
                sleep(POLL_INTERVAL).await;
                continue;
            };
            let selected: Vec<_> = records.into_iter().filter(|record| self.worker.wants(record)).collect();
            if !selected.is_empty() {
                self.deliver_batch(selected, &deliver).await?;
            }
            fs::write(&self.checkpoint, &last)
                .with_context(|| format!("cannot write {}", self.checkpoint.display()))?;
        }
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
        fs::create_dir_all(&self.failed)?;
        for record in batch {
            let file = self.failed.join(format!("{}.json", sequence_number(record)));
            fs::write(&file, format!("{record:#}\n")).with_context(|| format!("cannot write {}", file.display()))?;
            println!("Gave up on a stream record ({why}). Saved it to {}.", file.display());
        }
        Ok(())
    }
}

/// Returns the sequence number that the function reports as its first failure.
pub fn first_failure(response: &Value) -> Option<String> {
    response["batchItemFailures"][0]["itemIdentifier"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet, env, fs, process, time::Duration};

    use anyhow::bail;
    use serde_json::{Value, json};

    use super::{EventSource, Worker, sequence_number};

    fn records(numbers: std::ops::Range<usize>) -> Vec<Value> {
        numbers.map(|n| json!({ "dynamodb": { "SequenceNumber": n.to_string() } })).collect()
    }

    #[tokio::test]
    async fn failing_records_are_saved_and_others_succeed() {
        let folder = env::temp_dir().join(format!("deskless-source-{}", process::id()));
        let source = EventSource { retry_delay: Duration::ZERO, ..EventSource::new("", &folder, Worker::Events) };
        let done = RefCell::new(BTreeSet::new());
        let calls = RefCell::new(0);
        let deliver = async |batch: &[Value]| {
            *calls.borrow_mut() += 1;
            for record in batch {
                match sequence_number(record) {
                    // The worker reports record 7 as failed, and crashes on record 21.
                    "7" => return Ok(Some("7".to_owned())),
                    "21" => bail!("crashed"),
                    other => done.borrow_mut().insert(other.to_owned()),
                };
            }
            Ok(None)
        };
        source.deliver_batch(records(0..40), &deliver).await.expect("it ends");
        assert_eq!(done.borrow().len(), 38);
        assert!(*calls.borrow() < 40, "{}", calls.borrow());
        let mut kept: Vec<_> =
            fs::read_dir(&source.failed).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        kept.sort();
        assert_eq!(kept, ["21.json", "7.json"]);
        fs::remove_dir_all(&folder).expect("it was there");
    }
}
