use deskless_domain::{EventFilter, EventId, LoggedEvent};
use deskless_store::TenantStore;

use crate::AppError;

/// The maximum size of the data of a page, in bytes. A response of a Lambda function has at most 6 MB.
const MOST_BYTES: usize = 3 << 20;

/// Where a page of the feed begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedStart {
    /// After the event with this sequence.
    After(u64),
    /// With the events that happen from now on.
    Latest,
}

/// A page to read.
#[derive(Debug)]
pub struct ReadFeed {
    /// Where it begins. `None` for the oldest event that is kept.
    pub start: Option<FeedStart>,
    /// Which events are wanted.
    pub filter: EventFilter,
    /// The maximum number of events.
    pub limit: usize,
}

/// A page of the feed.
#[derive(Debug)]
pub struct FeedPage {
    /// The events.
    pub events: Vec<LoggedEvent>,
    /// The position of the next page.
    pub next: EventId,
    /// Whether there are more events now.
    pub has_more: bool,
}

/// AP-171: Reads events in the order of the log. The first read starts the log.
///
/// # Errors
/// [`AppError::EventsExpired`] when events after the start have expired; [`AppError::AfterNewestEvent`] when the log has not come to the
/// start yet; [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn read_feed(store: &TenantStore, command: &ReadFeed) -> Result<FeedPage, AppError> {
    store.ensure_log().await?;
    let page_at = |sequence| EventId::new(store.workspace_id(), sequence);
    let (after, is_given) = match command.start {
        Some(FeedStart::Latest) => {
            let next = page_at(store.newest_sequence().await?);
            return Ok(FeedPage { events: Vec::new(), next, has_more: false });
        }
        Some(FeedStart::After(sequence)) => (sequence, true),
        None => (store.oldest_sequence().await? - 1, false),
    };
    let page = store.list_events(after, command.limit, &command.filter).await?;
    if page.has_lost && is_given {
        return Err(AppError::EventsExpired(page_at(store.oldest_sequence().await? - 1)));
    }
    // A page that moves on shows that the position is in the log.
    if is_given && page.scanned_to == after && !page.has_more && !store.is_in_log(after).await? {
        return Err(AppError::AfterNewestEvent);
    }
    let (mut events, mut next, mut has_more) = (page.events, page.scanned_to, page.has_more);
    let length = fitting(&events);
    if length < events.len() {
        events.truncate(length);
        (next, has_more) = (events.last().map_or(after, |last| last.sequence), true);
    }
    Ok(FeedPage { events, next: page_at(next), has_more })
}

/// Returns the number of events that fit into one response: at least one.
fn fitting(events: &[LoggedEvent]) -> usize {
    let mut bytes = 0;
    let fitting = events.iter().take_while(|event| {
        bytes += event.content.data.as_ref().map_or(0, String::len);
        bytes <= MOST_BYTES
    });
    fitting.count().max(1)
}
