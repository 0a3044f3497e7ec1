//! Positions in the log: the newest, the oldest, and by time.

use deskless_domain::Timestamp;

use super::segment::Segment;
use crate::{StoreError, TenantStore};

/// The end of a log.
pub(super) enum LogEnd {
    /// The newest segment.
    Newest(Segment),
    /// There was no event yet.
    Empty,
    /// All segments have expired.
    Quiet,
}

impl TenantStore {
    /// AP-173: returns the sequence of the newest event. No event gets this sequence or a lower one from now on. 0 if there was none yet.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn newest_sequence(&self) -> Result<u64, StoreError> {
        Ok(match self.log_end().await? {
            LogEnd::Newest(newest) => newest.end() - 1,
            LogEnd::Empty => 0,
            LogEnd::Quiet => micros(self.clock().now()),
        })
    }

    /// Reads the end of the log.
    pub(super) async fn log_end(&self) -> Result<LogEnd, StoreError> {
        if let Some(newest) = self.newest_segment().await? {
            return Ok(LogEnd::Newest(newest));
        }
        if !self.stamp().await?.has_had_events {
            return Ok(LogEnd::Empty);
        }
        // The first segment may have been appended between the two reads.
        Ok(self.newest_segment().await?.map_or(LogEnd::Quiet, LogEnd::Newest))
    }

    /// AP-173: returns the sequence of the oldest event that has not expired, or the one after the newest.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn oldest_sequence(&self) -> Result<u64, StoreError> {
        let now = self.clock().now();
        Ok(self.last_before(|segment| !segment.is_kept(now)).await? + 1)
    }

    /// AP-173: returns the sequence of the last event that was appended before this time: one read unit for each halving of the log.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn sequence_at(&self, time: Timestamp) -> Result<u64, StoreError> {
        self.last_before(|segment| segment.appended < time).await
    }

    /// Returns the sequence of the last event of the segments at the beginning for which this holds.
    async fn last_before(&self, is_before: impl Fn(&Segment) -> bool) -> Result<u64, StoreError> {
        let (oldest, newest) = tokio::try_join!(self.segments_from(0, 1), self.newest_segment())?;
        let Some((oldest, newest)) = oldest.0.into_iter().next().zip(newest) else {
            return self.newest_sequence().await;
        };
        if !is_before(&oldest) {
            return Ok(oldest.first - 1);
        }
        if is_before(&newest) {
            return Ok(newest.end() - 1);
        }
        // It holds for the segments up to `low`, and for none that begins at `high` or later. `next` is the first one of these.
        let (mut low, mut high, mut next) = (oldest, newest.first, newest.first);
        while low.end() < high {
            let middle = low.end() + (high - low.end()) / 2;
            match self.segment_at(middle).await? {
                Some(segment) if segment.first >= low.end() => {
                    if is_before(&segment) {
                        low = segment;
                    } else {
                        (high, next) = (segment.first, segment.first);
                    }
                }
                // There is a gap from the end of `low` to the middle.
                _ => match self.segments_from(middle, 1).await?.0.into_iter().next() {
                    Some(segment) if segment.first < high && is_before(&segment) => low = segment,
                    Some(segment) => (high, next) = (middle, segment.first.min(next)),
                    None => high = middle,
                },
            }
        }
        Ok(next - 1)
    }
}

/// Returns the sequence of the next event when no segment is left: the microseconds since 1970. No log has an event in each microsecond,
/// so it is higher than every earlier one.
pub(super) fn micros(time: Timestamp) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or_default() * 1000
}
