//! The keys of the event log.

use super::{Key, TenantKeys};
use crate::event_log::{EventSource, EventSubject};

/// The number of digits of a sequence in keys, so that they sort as the numbers do. A sequence is less than 2^53.
const DIGITS: usize = 16;

impl TenantKeys {
    /// Returns the partition of the segments of the event log.
    pub fn event_log(self) -> String {
        format!("{}#K", self.prefix())
    }

    /// Returns the sort key of the segment that begins with this event.
    pub fn event_segment_sk(first: u64) -> String {
        format!("{first:0DIGITS$}")
    }

    /// Returns the key of the segment that begins with this event.
    pub fn event_segment(self, first: u64) -> Key {
        Key::new(self.event_log(), Self::event_segment_sk(first))
    }

    /// Returns the partition of the events of a subject.
    pub fn events_of(self, subject: &EventSubject) -> String {
        format!("{}#{}", self.event_log(), subject.suffix())
    }

    /// Returns the key of an event.
    pub fn event(self, subject: &EventSubject, source: &EventSource) -> Key {
        Key::new(self.events_of(subject), source.to_string())
    }

    /// Returns the key of an event, by the texts of its subject and its source.
    pub fn event_by_texts(self, subject: &str, source: &str) -> Key {
        Key::new(format!("{}#{subject}", self.event_log()), source)
    }
}

/// Parses the sort key of a segment.
pub(crate) fn segment_of_sk(sk: &str) -> Option<u64> {
    (sk.len() == DIGITS).then(|| sk.parse().ok()).flatten()
}
