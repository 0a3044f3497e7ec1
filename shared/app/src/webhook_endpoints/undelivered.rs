use deskless_domain::{ConversationId, WebhookEndpoint};
use deskless_domain::{EventType, Hold, LoggedEvent, Reason, Timestamp, UndeliveredReason, WebhookEndpointId};
use deskless_store::TenantStore;
use futures_util::future::try_join_all;

use crate::AppError;

/// An event that an endpoint has not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The sequence.
    pub sequence: u64,
    /// Its type. `None` if the event has expired.
    pub event_type: Option<EventType>,
    /// Its conversation.
    pub conversation_id: Option<ConversationId>,
    /// Why it is not delivered.
    pub reason: UndeliveredReason,
    /// The number of failed attempts.
    pub attempts: u32,
    /// The status of the response to the last attempt of an event that was given up.
    pub last_status: Option<u16>,
    /// Why there was no response to it.
    pub last_failure: Option<Reason>,
    /// The time of the next attempt.
    pub next_attempt_at: Option<Timestamp>,
    /// The time at which it was given up.
    pub given_up_at: Option<Timestamp>,
}

/// A position in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndeliveredPosition {
    /// After an event that waits.
    Waiting(u64),
    /// Before an event that was given up.
    GivenUp(u64),
}

/// A page of undelivered events.
#[derive(Debug)]
pub struct UndeliveredEvents {
    /// The events: first those that wait, oldest first, and then those that were given up, newest first.
    pub events: Vec<Undelivered>,
    /// The position of the next page.
    pub next: Option<UndeliveredPosition>,
    /// The number of events in the log that the endpoint has not got to yet, of all types.
    pub behind: u64,
}

/// AP-188: Lists the events that an endpoint has not taken, of the last 30 days. Of a subject with more than 500 events that wait, the
/// first 500 are listed.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such endpoint.
pub async fn list_undelivered(
    store: &TenantStore,
    id: WebhookEndpointId,
    after: Option<UndeliveredPosition>,
    limit: usize,
) -> Result<UndeliveredEvents, AppError> {
    let (_, holds, cursor, newest) = tokio::try_join!(
        store.get_resource::<WebhookEndpoint>(id),
        store.list_holds(id),
        store.delivery_cursor(id),
        store.newest_sequence()
    )?;
    let behind = cursor.map_or(0, |cursor| newest.saturating_sub(cursor));
    let mut events = match after {
        Some(UndeliveredPosition::GivenUp(_)) => Vec::new(),
        Some(UndeliveredPosition::Waiting(after)) => waiting(&holds, after),
        None => waiting(&holds, 0),
    };
    let next;
    if events.len() > limit {
        events.truncate(limit);
        next = events.last().map(|last| UndeliveredPosition::Waiting(last.sequence));
    } else {
        let before = match after {
            Some(UndeliveredPosition::GivenUp(before)) => Some(before),
            _ => None,
        };
        // A page that is full of events that wait is followed by the others.
        let page = store.list_undelivered(id, before, (limit - events.len()).max(1)).await?;
        if events.len() == limit {
            let last = events.last().map(|last| UndeliveredPosition::Waiting(last.sequence));
            next = last.filter(|_| !page.events.is_empty());
        } else {
            events.extend(page.events.into_iter().map(|event| Undelivered {
                sequence: event.sequence,
                event_type: None,
                conversation_id: None,
                reason: UndeliveredReason::GivenUp,
                attempts: event.attempts,
                last_status: event.last_status,
                last_failure: event.last_failure,
                next_attempt_at: None,
                given_up_at: Some(event.given_up_at),
            }));
            next = page.next.map(UndeliveredPosition::GivenUp);
        }
    }
    let found = try_join_all(events.iter().map(|event| store.get_event(event.sequence))).await?;
    for (event, found) in events.iter_mut().zip(found) {
        let content = found.map(|LoggedEvent { content, .. }| content);
        event.event_type = content.as_ref().map(|content| content.event_type);
        event.conversation_id = content.and_then(|content| content.conversation_id);
    }
    Ok(UndeliveredEvents { events, next, behind })
}

/// Returns the events that wait after a sequence, oldest first. The first one of each subject is tried again, and holds back the
/// others.
fn waiting(holds: &[Hold], after: u64) -> Vec<Undelivered> {
    let of_hold = |hold: &Hold| {
        let (attempts, due) = (hold.attempts, hold.due);
        let events = hold.waiting.iter().enumerate().map(move |(index, &sequence)| Undelivered {
            sequence,
            event_type: None,
            conversation_id: None,
            reason: if index == 0 { UndeliveredReason::Retrying } else { UndeliveredReason::HeldBack },
            attempts: if index == 0 { attempts } else { 0 },
            last_status: None,
            last_failure: None,
            next_attempt_at: (index == 0).then_some(due),
            given_up_at: None,
        });
        events.collect::<Vec<_>>()
    };
    let mut events: Vec<_> = holds.iter().flat_map(of_hold).filter(|event| event.sequence > after).collect();
    events.sort_unstable_by_key(|event| event.sequence);
    // One that is sent again on request can wait twice.
    events.dedup_by_key(|event| event.sequence);
    events
}

#[cfg(test)]
mod tests {
    use deskless_domain::{DeliverySubject, Hold, Timestamp, UndeliveredReason};

    use super::waiting;

    #[test]
    fn first_event_of_a_subject_holds_back_the_others() {
        let hold = |subject: &str, events: &[u64]| {
            let subject = DeliverySubject::stored(subject.to_owned());
            let mut hold = Hold::new(subject, Timestamp::from_millis(5));
            events.iter().for_each(|event| hold.push(*event));
            hold
        };
        let events = waiting(&[hold("Ca", &[2, 5]), hold("Cb", &[1, 9])], 1);
        let shown: Vec<_> = events.iter().map(|event| (event.sequence, event.reason)).collect();
        let (retrying, held) = (UndeliveredReason::Retrying, UndeliveredReason::HeldBack);
        assert_eq!(shown, [(2, retrying), (5, held), (9, held)]);
    }
}
