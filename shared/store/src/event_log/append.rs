use std::collections::HashSet;

use deskless_domain::{EventContent, Timestamp};

use super::{
    MOST_IN_SEGMENT,
    follow::FIRST_EVENT,
    position::{LogEnd, micros},
    segment::{DAY_SECONDS, Segment},
    source::{EventSource, EventSubject},
};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    item,
    transaction::{Commit, FailedConditions, Transaction, WriteIndex},
};

/// The maximum size of the data in one transaction. DynamoDB allows 4 MB for all items.
const MOST_BYTES: usize = 2 << 20;

/// The number of retries without a pause after a lost race.
const RETRIES_WITHOUT_PAUSE: u32 = 5;

/// An event to append.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What it is about.
    pub subject: EventSubject,
    /// The change that it comes from.
    pub source: EventSource,
    /// What it says.
    pub content: EventContent,
}

/// Where the next segment goes.
struct Place {
    first: u64,
    at: Timestamp,
    follows_from: Option<u64>,
    /// Whether it is the first segment of the log.
    is_first: bool,
}

impl TenantStore {
    /// AP-170: appends events to the log, in this order. Those that the log has already are skipped. Returns the number of new ones. One
    /// read, and one transaction of two write units for a segment of at most 98 events and two for each KB of each event.
    ///
    /// # Errors
    /// When the table does not respond, or other writers were faster for eight seconds. Then a beginning may have been appended, and a
    /// repeat appends the rest.
    pub async fn append_events(&self, events: Vec<NewEvent>) -> Result<usize, StoreError> {
        // A transaction writes each item once.
        let mut seen = HashSet::new();
        let distinct = events.into_iter().filter(|event| seen.insert((event.subject.clone(), event.source)));
        let (mut appended, mut bytes, mut next) = (0, 0, Vec::new());
        for event in distinct {
            let size = event.content.data.as_ref().map_or(0, String::len);
            if next.len() == MOST_IN_SEGMENT || (bytes + size > MOST_BYTES && !next.is_empty()) {
                appended += self.append_segment(std::mem::take(&mut next)).await?;
                bytes = 0;
            }
            bytes += size;
            next.push(event);
        }
        Ok(appended + self.append_segment(next).await?)
    }

    async fn append_segment(&self, mut events: Vec<NewEvent>) -> Result<usize, StoreError> {
        let mut backoff = self.backoff();
        let mut lost_races = 0;
        while !events.is_empty() {
            let place = self.next_place().await?;
            let mut transaction = Transaction::default();
            let references = events.iter().map(NewEvent::reference).collect();
            let segment = Segment::new(place.first, place.at, references, place.follows_from);
            let segment = transaction.put_new(self, segment.write(self.keys())?)?;
            if place.is_first {
                let mut update = Update::default();
                update.set(item::FORMAT_ATTRIBUTE, number(item::FORMAT));
                update.set_if_empty(FIRST_EVENT, number(place.at.as_millis()));
                transaction.update(self, self.keys().automations_stamp(), update, Condition::none())?;
            }
            let mut entries = Vec::with_capacity(events.len());
            for (event, sequence) in events.iter().zip(place.first..) {
                entries.push(transaction.put_new(self, self.event_item(event, sequence, place.at)?)?);
            }
            let failed = match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(events.len()),
                Commit::Failed(failed) => failed,
            };
            let is_taken = failed.at(segment);
            remove_known(&mut events, &entries, &failed);
            // A lost race means that another writer made progress.
            lost_races += u32::from(is_taken);
            if is_taken && lost_races > RETRIES_WITHOUT_PAUSE && !events.is_empty() {
                backoff.pause("other writers append to the event log each time").await?;
            }
        }
        Ok(0)
    }

    async fn next_place(&self) -> Result<Place, StoreError> {
        let now = self.clock().now();
        Ok(match self.log_end().await? {
            // The clocks of two workers differ, but the times in the log ascend.
            LogEnd::Newest(newest) => {
                Place { first: newest.end(), at: now.max(newest.appended), follows_from: None, is_first: false }
            }
            LogEnd::Empty => Place { first: 1, at: now, follows_from: None, is_first: true },
            LogEnd::Quiet => {
                Place { first: micros(now), at: now, follows_from: Some(quiet_since(now)), is_first: false }
            }
        })
    }
}

/// Removes the events that the log has already.
fn remove_known(events: &mut Vec<NewEvent>, entries: &[WriteIndex], failed: &FailedConditions) {
    let mut entries = entries.iter();
    events.retain(|_| entries.next().is_none_or(|entry| !failed.at(*entry)));
}

/// Returns a sequence that is higher than every one in a log of which no segment is left: the newest one would be kept for 59 days.
fn quiet_since(now: Timestamp) -> u64 {
    micros(now.plus_seconds(-58 * DAY_SECONDS))
}
