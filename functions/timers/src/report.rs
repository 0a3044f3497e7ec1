//! What a sweep did.

use deskless_domain::Timestamp;
use serde::Serialize;

/// What a sweep did, in numbers of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Were due.
    pub found: usize,
    /// Snoozes that this sweep has ended.
    pub ended: usize,
    /// Deliveries that this sweep has started: one for each target.
    pub started: usize,
    /// Were handled by another writer since they were read, or belong to a workspace that is being deleted.
    pub obsolete: usize,
    /// Failed, and come again in the next sweep.
    pub failed: usize,
    /// Are left to the next sweep, because the time or the share of their workspace was over.
    pub left: usize,
    /// Are of a kind that this version does not know.
    pub unknown: usize,
    /// Shards of the index that could not be read to their end.
    pub unread_shards: usize,
    /// How long the oldest item had been due at the start, in seconds.
    pub late_seconds: i64,
}

impl Report {
    /// Adds the numbers of another report.
    pub(crate) fn add(&mut self, other: &Self) {
        self.found += other.found;
        self.ended += other.ended;
        self.started += other.started;
        self.obsolete += other.obsolete;
        self.failed += other.failed;
        self.left += other.left;
        self.unknown += other.unknown;
        self.unread_shards += other.unread_shards;
        self.late_seconds = self.late_seconds.max(other.late_seconds);
    }

    /// Notes an item that has been due since a time.
    pub(crate) fn note(&mut self, at: Timestamp, now: Timestamp) {
        self.found += 1;
        self.late_seconds = self.late_seconds.max((now.as_millis() - at.as_millis()) / 1000);
    }

    /// Writes a line, unless nothing was due. An idle stack so pays for no logs.
    pub(crate) fn log(&self) {
        let Self { found, ended, started, obsolete, failed, left, unknown, unread_shards, late_seconds } = self;
        if *found + *unknown + *unread_shards > 0 {
            tracing::info!(
                found,
                ended,
                started,
                obsolete,
                failed,
                left,
                unknown,
                unread_shards,
                late_seconds,
                "timers swept"
            );
        }
    }
}
