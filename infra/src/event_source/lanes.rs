//! Splits a stream into lanes, as Lambda does with `ParallelizationFactor`, and tracks how far all lanes have come.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Mutex,
};

use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::sequence_number;

/// `ParallelizationFactor` of the event source mappings in `template.yaml`: the number of batches in progress per shard.
pub const LANES: usize = 10;
/// How many records wait in a lane. Reading pauses while the lane that the next record belongs to is full.
const LANE_CAPACITY: usize = 500;

/// A record on its way through a lane, with its place in [`Progress`].
pub struct Entry {
    place: u64,
    pub record: Value,
}

/// Returns the lane of a record. Records of one item share a lane, so they stay in order.
pub fn lane_of(record: &Value) -> usize {
    let mut hasher = DefaultHasher::new();
    record["dynamodb"]["Keys"].to_string().hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default()
}

/// Creates the queues of all lanes.
pub fn queues() -> (Vec<Sender<Entry>>, Vec<Receiver<Entry>>) {
    (0..LANES).map(|_| channel(LANE_CAPACITY)).unzip()
}

/// The records that were read but are not finished, in stream order.
#[derive(Default)]
pub struct Progress(Mutex<Window>);

#[derive(Default)]
struct Window {
    /// The place of the first record in `records`.
    start: u64,
    records: VecDeque<Pending>,
    /// The sequence number of the last record before the first unfinished one.
    finished: Option<String>,
}

struct Pending {
    sequence_number: String,
    finished: bool,
}

impl Progress {
    /// Adds the next record of the stream as unfinished.
    pub fn add(&self, record: Value) -> Entry {
        self.with(|window| {
            let sequence_number = sequence_number(&record).to_owned();
            window.records.push_back(Pending { sequence_number, finished: false });
            Entry { place: window.start + window.records.len() as u64 - 1, record }
        })
    }

    /// Marks a record as finished.
    pub fn finish(&self, entry: &Entry) {
        self.with(|window| {
            let at = entry.place.checked_sub(window.start).and_then(|at| usize::try_from(at).ok());
            if let Some(pending) = at.and_then(|at| window.records.get_mut(at)) {
                pending.finished = true;
            }
            while let Some(first) = window.records.pop_front_if(|first| first.finished) {
                window.start += 1;
                window.finished = Some(first.sequence_number);
            }
        });
    }

    /// Returns the sequence number up to which every record is finished, if it has moved since the last call.
    pub fn take_checkpoint(&self) -> Option<String> {
        self.with(|window| window.finished.take())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Window) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Progress;

    #[test]
    fn checkpoint_stays_before_unfinished_records() {
        let progress = Progress::default();
        let [first, second, third] =
            ["1", "2", "3"].map(|n| progress.add(json!({ "dynamodb": { "SequenceNumber": n } })));
        progress.finish(&second);
        assert_eq!(progress.take_checkpoint(), None);
        progress.finish(&first);
        assert_eq!(progress.take_checkpoint().as_deref(), Some("2"));
        assert_eq!(progress.take_checkpoint(), None);
        progress.finish(&third);
        assert_eq!(progress.take_checkpoint().as_deref(), Some("3"));
    }
}
