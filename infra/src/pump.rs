//! What Lambda's event source mapping does on AWS: reads the table's stream and hands its records to the worker, again
//! and again where it has to be.

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

/// How often an empty stream is looked at.
const IDLE: Duration = Duration::from_millis(200);
/// How often records are handed over that fail, before they are put aside.
const TRIES: u32 = 6;
/// The pause before the second try; each one after is as much longer.
const PAUSE: Duration = Duration::from_millis(200);

/// What becomes of a batch: the sequence number of the first record that has to come again, if one has.
pub type Outcome = Result<Option<String>>;

/// Hands over the table's stream to one worker, from where it stopped last.
pub struct Pump {
    worker: Worker,
    engine: String,
    checkpoint: PathBuf,
    failed: PathBuf,
    pause: Duration,
}

impl Pump {
    pub fn new(engine: &str, folder: &Path, worker: Worker) -> Self {
        let checkpoint = folder.join(format!("{}.checkpoint", worker.name()));
        let failed = folder.join(format!("failed-{}", worker.name()));
        Self { worker, engine: engine.to_owned(), checkpoint, failed, pause: PAUSE }
    }

    /// Only ends by failing.
    pub async fn run(&self, deliver: impl AsyncFn(&[Value]) -> Outcome) -> Result<()> {
        let after = fs::read_to_string(&self.checkpoint).ok();
        let mut stream = match Stream::open(&self.engine, TABLE, after.as_deref().map(str::trim)).await {
            Ok(stream) => stream,
            // The stream has forgotten that record, or the data is another's: everything that is there comes again.
            Err(_) if after.is_some() => Stream::open(&self.engine, TABLE, None).await?,
            Err(error) => return Err(error),
        };
        loop {
            let records = stream.next().await?;
            let Some(last) = records.last().map(|record| sequence_number(record).to_owned()) else {
                sleep(IDLE).await;
                continue;
            };
            let wanted: Vec<_> = records.into_iter().filter(|record| self.worker.wants(record)).collect();
            if !wanted.is_empty() {
                self.hand_over(wanted, &deliver).await?;
            }
            fs::write(&self.checkpoint, &last)
                .with_context(|| format!("{} cannot be written", self.checkpoint.display()))?;
        }
    }

    /// Hands over a batch until every record of it is done or put aside. A batch that fails is tried again from the record
    /// that failed, and halved, so that one bad record does not take others with it.
    async fn hand_over(&self, batch: Vec<Value>, deliver: &impl AsyncFn(&[Value]) -> Outcome) -> Result<()> {
        // The next one is the last of these.
        let mut waiting = vec![(batch, 0)];
        while let Some((mut batch, tries)) = waiting.pop() {
            let (from, why) = match deliver(&batch).await {
                Ok(None) => continue,
                Ok(Some(from)) => (from, "its work fails".to_owned()),
                Err(error) => (String::new(), format!("{error:#}")),
            };
            let done = batch.iter().position(|record| sequence_number(record) == from).unwrap_or(0);
            batch.drain(..done);
            let tries = if done > 0 { 1 } else { tries + 1 };
            if batch.len() > 1 {
                let rest = batch.split_off(batch.len().div_ceil(2));
                waiting.push((rest, 0));
            } else if tries >= TRIES {
                self.put_aside(&batch, &why)?;
                continue;
            }
            waiting.push((batch, tries));
            sleep(self.pause * tries).await;
        }
        Ok(())
    }

    /// Keeps the whole record, as the bucket does on AWS.
    fn put_aside(&self, batch: &[Value], why: &str) -> Result<()> {
        fs::create_dir_all(&self.failed)?;
        for record in batch {
            let file = self.failed.join(format!("{}.json", sequence_number(record)));
            fs::write(&file, format!("{record:#}\n"))
                .with_context(|| format!("{} cannot be written", file.display()))?;
            println!("A record of the table's stream fails for good ({why}); it is kept in {}.", file.display());
        }
        Ok(())
    }
}

/// What the function answered.
pub fn outcome(answer: &Value) -> Option<String> {
    answer["batchItemFailures"][0]["itemIdentifier"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet, env, fs, process, time::Duration};

    use anyhow::bail;
    use serde_json::{Value, json};

    use super::{Pump, Worker, sequence_number};

    fn records(numbers: std::ops::Range<usize>) -> Vec<Value> {
        numbers.map(|n| json!({ "dynamodb": { "SequenceNumber": n.to_string() } })).collect()
    }

    #[tokio::test]
    async fn one_bad_record_is_put_aside_and_all_others_are_done() {
        let folder = env::temp_dir().join(format!("deskless-pump-{}", process::id()));
        let pump = Pump { pause: Duration::ZERO, ..Pump::new("", &folder, Worker::Events) };
        let done = RefCell::new(BTreeSet::new());
        let calls = RefCell::new(0);
        let deliver = async |batch: &[Value]| {
            *calls.borrow_mut() += 1;
            for record in batch {
                match sequence_number(record) {
                    // This one is reported, and that one takes the whole batch with it.
                    "7" => return Ok(Some("7".to_owned())),
                    "21" => bail!("crashed"),
                    other => done.borrow_mut().insert(other.to_owned()),
                };
            }
            Ok(None)
        };
        pump.hand_over(records(0..40), &deliver).await.expect("it ends");
        assert_eq!(done.borrow().len(), 38);
        assert!(*calls.borrow() < 40, "{}", calls.borrow());
        let mut kept: Vec<_> =
            fs::read_dir(&pump.failed).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        kept.sort();
        assert_eq!(kept, ["21.json", "7.json"]);
        fs::remove_dir_all(&folder).expect("it was there");
    }
}
