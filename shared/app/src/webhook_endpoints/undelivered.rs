use deskless_domain::{
    ConversationId, DeliveryState, EventType, Hold, LoggedEvent, Reason, Timestamp, UndeliveredReason, WebhookEndpoint,
    WebhookEndpointId,
};
use deskless_store::TenantStore;
use futures_util::future::try_join_all;

use crate::AppError;

/// An event that was not delivered to an endpoint.
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
    /// The number of newer events in the log, of all types, that deliveries to the endpoint have not reached.
    pub behind: u64,
}

/// AP-188: Lists the events of the last 30 days that were not delivered to an endpoint. Of a subject with more than 500 events that wait, the
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
    let (endpoint, holds, state, newest) = tokio::try_join!(
        store.get_resource::<WebhookEndpoint>(id),
        store.list_holds(id),
        store.delivery_state(id),
        store.newest_sequence()
    )?;
    let behind = state.cursor.map_or(0, |cursor| newest.saturating_sub(cursor));
    let waiting = |after| waiting(&holds, endpoint.fields.enabled.then_some(&state), store.clock().now(), after);
    let mut events = match after {
        Some(UndeliveredPosition::GivenUp(_)) => Vec::new(),
        Some(UndeliveredPosition::Waiting(after)) => waiting(after),
        None => waiting(0),
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

/// Returns the events that wait after a sequence, oldest first. The first one of each subject is sent next, and holds back the others.
/// Without a state, the endpoint is disabled.
fn waiting(holds: &[Hold], state: Option<&DeliveryState>, now: Timestamp, after: u64) -> Vec<Undelivered> {
    let paused_until = state.and_then(|state| state.paused_until(now));
    let of_hold = |hold: &Hold| {
        let first = if hold.attempts == 0 { UndeliveredReason::Pending } else { UndeliveredReason::Retrying };
        let (attempts, due) = (hold.attempts, state.map(|state| hold.due(state)));
        // During an outage, or while the receiver asked for a rest, nothing is sent.
        let due = due.map(|due| due.max(paused_until.unwrap_or(due)));
        let events = hold.waiting.iter().enumerate().map(move |(index, &sequence)| Undelivered {
            sequence,
            event_type: None,
            conversation_id: None,
            reason: if index == 0 { first } else { UndeliveredReason::HeldBack },
            attempts: if index == 0 { attempts } else { 0 },
            last_status: None,
            last_failure: None,
            next_attempt_at: due.filter(|_| index == 0),
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
    use deskless_domain::{DeliveryState, DeliverySubject, Hold, Outage, Timestamp, UndeliveredReason};

    use super::waiting;

    const NOW: Timestamp = Timestamp::from_millis(1);
    const DUE: Timestamp = Timestamp::from_millis(5);

    fn hold(subject: &str, attempts: u32, events: &[u64]) -> Hold {
        let subject = DeliverySubject::stored(subject.to_owned());
        let mut hold = Hold { attempts, ..Hold::new(subject, DUE) };
        events.iter().for_each(|event| hold.push(*event));
        hold
    }

    #[test]
    fn first_event_of_a_subject_holds_back_the_others() {
        let holds = [hold("Ca", 1, &[2, 5]), hold("Cb", 1, &[1, 9]), hold("Cc", 0, &[7])];
        let events = waiting(&holds, Some(&DeliveryState::default()), NOW, 1);
        let shown: Vec<_> = events.iter().map(|event| (event.sequence, event.reason, event.next_attempt_at)).collect();
        let (retrying, held) = (UndeliveredReason::Retrying, UndeliveredReason::HeldBack);
        let pending = UndeliveredReason::Pending;
        assert_eq!(shown, [(2, retrying, Some(DUE)), (5, held, None), (7, pending, Some(DUE)), (9, held, None)]);
    }

    #[test]
    fn next_attempt_is_after_an_outage_and_a_rest() {
        let (earlier, later) = (Timestamp::from_millis(3), Timestamp::from_millis(7));
        let next = |state: Option<&DeliveryState>| waiting(&[hold("Ca", 1, &[2])], state, NOW, 0)[0].next_attempt_at;
        let outage = |until| DeliveryState {
            outage: Some(Outage { steps: 1, until, fresh_from: until }),
            ..DeliveryState::default()
        };
        assert_eq!(next(Some(&outage(later))), Some(later));
        assert_eq!(next(Some(&outage(earlier))), Some(DUE));
        let rest = DeliveryState { rest_until: Some(later), ..DeliveryState::default() };
        assert_eq!(next(Some(&rest)), Some(later));
        assert_eq!(next(None), None, "the endpoint is disabled");
    }
}
