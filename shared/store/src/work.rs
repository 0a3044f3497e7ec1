//! The work of a request: how many records it reads beyond its first round of reads. Rate limits count it (AP-50).

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// The number of records that count as one request.
const RECORDS_OF_A_REQUEST: u64 = 100;

/// Counts the records that a request reads. Its first round of reads is included in the request: it has at most the page and one
/// record for each shard.
#[derive(Debug, Clone, Default)]
pub struct Work(Arc<Counter>);

#[derive(Debug, Default)]
struct Counter {
    has_started: AtomicBool,
    records: AtomicU64,
}

impl Work {
    /// Records a round of reads that evaluated this number of records.
    pub(crate) fn read(&self, records: usize) {
        if self.0.has_started.swap(true, Ordering::Relaxed) {
            self.0.records.fetch_add(u64::try_from(records).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Records rows that were skipped or counted for a page by offset. None of them are included in the request.
    pub(crate) fn scan(&self, records: usize) {
        self.0.records.fetch_add(u64::try_from(records).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Returns the number of requests that the work counts as, in addition to the request itself.
    #[must_use]
    pub fn additional_requests(&self) -> u64 {
        self.0.records.load(Ordering::Relaxed).div_ceil(RECORDS_OF_A_REQUEST)
    }
}

#[cfg(test)]
mod tests {
    use super::Work;

    #[test]
    fn further_rounds_count_by_hundreds() {
        let work = Work::default();
        work.read(808);
        assert_eq!(work.additional_requests(), 0);
        work.read(1);
        assert_eq!(work.additional_requests(), 1);
        work.clone().read(99);
        assert_eq!(work.additional_requests(), 1);
        work.read(1);
        assert_eq!(work.additional_requests(), 2);
    }
    #[test]
    fn scanned_rows_count_from_the_first() {
        let work = Work::default();
        work.scan(101);
        work.read(20);
        assert_eq!(work.additional_requests(), 2);
    }
}
