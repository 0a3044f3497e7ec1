//! One attempt.

use std::time::Duration;

use deskless_domain::{Attempt, AttemptOutcome, LoggedEvent, Reason, Resource, Timestamp, WebhookEndpoint};
use deskless_outbound::{Client, Request};
use deskless_store::TenantStore;

use super::destination::Destination;
use crate::AppError;

/// What deliveries need to send events.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The client.
    pub client: &'a Client,
    /// Writes the body of a request.
    pub body: fn(&LoggedEvent) -> Result<Vec<u8>, AppError>,
    /// Writes the data of the event that an endpoint was disabled.
    pub data: fn(&Resource<WebhookEndpoint>) -> Result<String, AppError>,
}

/// A request to send.
pub(super) struct ToSend<'a> {
    pub destination: &'a Destination,
    pub event: &'a LoggedEvent,
    /// The number of the attempt, from 1.
    pub number: u32,
    pub timeout: Duration,
}

/// Sends an event once. Returns the attempt without the time of the next one, and what follows from it.
pub(super) async fn send(
    store: &TenantStore,
    sender: Sender<'_>,
    to_send: ToSend<'_>,
) -> Result<(Attempt, AttemptOutcome), AppError> {
    let ToSend { destination, event, number, timeout } = to_send;
    let at = store.clock().now();
    let secrets: Vec<_> = destination.secrets.iter().collect();
    let request = Request {
        url: &destination.url,
        reach: destination.reach,
        headers: &destination.headers,
        secrets: &secrets,
        id: &event.id.to_string(),
        body: (sender.body)(event)?.into(),
        timeout,
    };
    let answer = sender.client.post(request, store.clock()).await;
    let mut attempt = Attempt {
        sequence: event.sequence,
        number,
        at,
        duration_ms: millis(at, store.clock().now()),
        status: None,
        failure: None,
        response: None,
        next_attempt_at: None,
    };
    Ok(match answer {
        Ok(answer) => {
            attempt.status = Some(answer.status);
            let outcome = answer.outcome();
            attempt.response = Some(answer.start_of_body).filter(|_| outcome != AttemptOutcome::Delivered);
            (attempt, outcome)
        }
        Err(failure) => {
            attempt.failure = Some(Reason::from(failure));
            (attempt, AttemptOutcome::Retry { after: None })
        }
    })
}

fn millis(start: Timestamp, end: Timestamp) -> u32 {
    u32::try_from(end.as_millis().saturating_sub(start.as_millis())).unwrap_or_default()
}
