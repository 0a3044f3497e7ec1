use std::collections::HashMap;

use deskless_domain::{EventFilter, LoggedEvent, Timestamp};

use super::{
    EVENTS_KEPT_SECONDS, MOST_IN_SEGMENT,
    segment::{Reference, Segment},
};
use crate::{
    StoreError, TenantStore,
    item::{Item, string},
    keys::Key,
};

/// The maximum number of segments that one query reads.
const MOST_SEGMENTS: usize = 1_000;
/// The maximum number of queries for one page.
const MOST_QUERIES: usize = 5;
/// The number of times that a missing event is read again.
const MOST_RETRIES: usize = 4;
/// After this time, everything that a transaction has written is visible: one minute.
const SETTLED_SECONDS: i64 = 60;

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventPage {
    /// The events that match the filter, in the order of the log.
    pub events: Vec<LoggedEvent>,
    /// The sequence of the last event that was looked at: the position of the next page.
    pub scanned_to: u64,
    /// Whether there are more events now. They may not match.
    pub has_more: bool,
    /// Whether events after the position have expired before they were read. The page begins with the oldest one that is kept.
    pub has_lost: bool,
}

/// An event to read: its sequence, when it was appended, and the reference to it.
struct Found {
    sequence: u64,
    appended: Timestamp,
    reference: Reference,
}

impl TenantStore {
    /// AP-171: reads events after a position, in the order of the log, strongly consistent. Filters are evaluated on the segments. After
    /// five queries of 1,000 segments the page ends, possibly without an event, and says that there are more.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_events(&self, after: u64, limit: usize, filter: &EventFilter) -> Result<EventPage, StoreError> {
        let mut page = EventPage { scanned_to: after, ..EventPage::default() };
        let mut found = Vec::new();
        let is_filtered = *filter != EventFilter::default();
        // Each segment has at least one event. Up to `MOST_IN_SEGMENT` of them lie before the position.
        let most = if is_filtered { MOST_SEGMENTS } else { (limit + MOST_IN_SEGMENT).min(MOST_SEGMENTS) };
        for _ in 0..MOST_QUERIES {
            let from = (page.scanned_to + 1).saturating_sub(MOST_IN_SEGMENT as u64);
            let (segments, has_more) = self.segments_from(from, most).await?;
            let newest = segments.last().cloned();
            page.has_more = has_more;
            let start = page.scanned_to;
            for segment in segments {
                if self.take_events(segment, limit, filter, &mut page, &mut found).await? {
                    break;
                }
            }
            if found.len() >= limit || !page.has_more {
                if let Some(newest) = newest.filter(|_| !page.has_more) {
                    self.keep_newest(&newest).await?;
                }
                break;
            }
            if page.scanned_to == start {
                break;
            }
        }
        page.events = self.read_events(found).await?;
        Ok(page)
    }

    /// Takes the events of a segment after the position. Returns whether the query ends here: the page is full, or the query has missed a
    /// segment that was written meanwhile.
    async fn take_events(
        &self,
        segment: Segment,
        limit: usize,
        filter: &EventFilter,
        page: &mut EventPage,
        found: &mut Vec<Found>,
    ) -> Result<bool, StoreError> {
        let next = page.scanned_to + 1;
        if segment.end() <= next {
            return Ok(false);
        }
        if segment.first > next && segment.follows_from.is_none_or(|from| from > page.scanned_to) {
            // A query is no snapshot. A single read is: it shows what an earlier transaction has written.
            let key = self.keys().event_segment(next);
            if self.get(key).await?.is_some() {
                page.has_more = true;
                return Ok(true);
            }
            page.has_lost = true;
        }
        let end = segment.end();
        let is_kept = segment.is_kept(self.clock().now());
        page.has_lost |= !is_kept;
        for (reference, sequence) in segment.events.into_iter().zip(segment.first..) {
            if sequence < next {
                continue;
            }
            if found.len() == limit {
                page.has_more = true;
                return Ok(true);
            }
            page.scanned_to = sequence;
            if is_kept && filter.matches(reference.event_type, reference.conversation) {
                found.push(Found { sequence, appended: segment.appended, reference });
            }
        }
        debug_assert_eq!(page.scanned_to + 1, end, "the whole segment was looked at");
        Ok(false)
    }

    /// Keeps the newest segment of a log that is read but has had no event for a month.
    async fn keep_newest(&self, newest: &Segment) -> Result<(), StoreError> {
        if newest.expires_within(self.clock().now(), EVENTS_KEPT_SECONDS) {
            self.keep_segment(newest).await?;
        }
        Ok(())
    }

    /// Reads the entries of events. One that is missing was written a moment ago, and is read again.
    async fn read_events(&self, wanted: Vec<Found>) -> Result<Vec<LoggedEvent>, StoreError> {
        let mut items: HashMap<(String, String), Item> = HashMap::new();
        for found in wanted.chunks(100) {
            let keys = found.iter().map(|found| found.reference.key(self.keys())).collect();
            for item in self.get_all(keys, true).await? {
                if let Some((pk, sk)) = string(&item, "pk").zip(string(&item, "sk")) {
                    let key = (pk.to_owned(), sk.to_owned());
                    let _ = items.insert(key, item);
                }
            }
        }
        let mut events = Vec::with_capacity(wanted.len());
        for Found { sequence, appended, reference } in wanted {
            let key = reference.key(self.keys());
            let item = match items.remove(&(key.pk.clone(), key.sk.clone())) {
                Some(item) => Some(item),
                None => self.read_again(key, appended).await?,
            };
            // The key of an event never belongs to another one, but an expired one may be removed early.
            if let Some(item) = item {
                let event = self.read_event(item)?;
                if event.sequence == sequence {
                    events.push(event);
                }
            }
        }
        Ok(events)
    }

    async fn read_again(&self, key: Key, appended: Timestamp) -> Result<Option<Item>, StoreError> {
        let mut backoff = self.backoff();
        for _ in 0..MOST_RETRIES {
            if let Some(item) = self.get(key.clone()).await? {
                return Ok(Some(item));
            }
            if appended.plus_seconds(SETTLED_SECONDS) < self.clock().now() {
                return Ok(None);
            }
            backoff.pause("an event is not visible yet").await?;
        }
        Err(StoreError::Unavailable("an event is not visible yet".to_owned()))
    }
}
