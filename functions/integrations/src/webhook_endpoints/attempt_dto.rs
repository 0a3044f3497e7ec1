//! The wire format of attempts and of undelivered events.

use deskless_api::{envelope, object_tag};
use deskless_app::{deliveries::Attempt, webhook_endpoints::Undelivered};
use deskless_domain::{ConversationId, EventId, EventType, Reason, UndeliveredReason, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"webhook_attempt"`
    AttemptTag = "webhook_attempt"
);

object_tag!(
    /// `"undelivered_event"`
    UndeliveredTag = "undelivered_event"
);

/// Why there was no response.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookFailure)]
pub struct FailureObject {
    /// A stable code for programs.
    code: String,
    /// A message for people.
    message: String,
}

impl From<&Reason> for FailureObject {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.clone(), message: reason.message.clone() }
    }
}

/// An attempt to deliver an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookAttempt)]
pub struct AttemptObject {
    object: AttemptTag,
    /// The event. `null` for a test.
    #[schema(required, format = "uuid")]
    event_id: Option<String>,
    /// The number of the attempt for this event, from 1.
    attempt: u32,
    /// Whether the endpoint responded with 2xx.
    delivered: bool,
    /// The status of the response. `null` if there was none.
    #[schema(required)]
    status: Option<u16>,
    /// Why there was no response. `null` if there was one.
    #[schema(required)]
    failure: Option<FailureObject>,
    /// The first KB of a response that was not 2xx. `null` if it was not kept: a run of deliveries keeps those of its first 10 failures.
    #[schema(required)]
    response: Option<String>,
    /// The duration in milliseconds.
    duration_ms: u32,
    /// The time of the attempt.
    #[schema(format = "date-time")]
    created_at: String,
    /// The time of the next attempt. `null` after a success and after the last attempt.
    #[schema(required, format = "date-time")]
    next_attempt_at: Option<String>,
}

impl From<&(WorkspaceId, Attempt)> for AttemptObject {
    fn from((workspace, attempt): &(WorkspaceId, Attempt)) -> Self {
        let event = Some(attempt.sequence).filter(|sequence| *sequence > 0);
        Self {
            object: AttemptTag,
            event_id: event.map(|sequence| EventId::new(*workspace, sequence).to_string()),
            attempt: attempt.number,
            delivered: attempt.is_success(),
            status: attempt.status,
            failure: attempt.failure.as_ref().map(FailureObject::from),
            response: attempt.response.clone(),
            duration_ms: attempt.duration_ms,
            created_at: attempt.at.to_string(),
            next_attempt_at: attempt.next_attempt_at.map(|time| time.to_string()),
        }
    }
}

envelope!(
    (WorkspaceId, Attempt) => AttemptObject, attempt, attempts, WebhookAttemptResponse, WebhookAttemptListResponse
);

/// An event that was not delivered to the endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UndeliveredEvent)]
pub struct UndeliveredObject {
    object: UndeliveredTag,
    #[schema(format = "uuid")]
    event_id: String,
    sequence: u64,
    /// `null` if the event has expired.
    #[serde(rename = "type")]
    #[schema(required)]
    event_type: Option<EventType>,
    #[schema(required, value_type = Option<String>, format = "uuid")]
    conversation_id: Option<ConversationId>,
    reason: UndeliveredReason,
    /// The number of failed attempts.
    attempts: u32,
    /// The status of the response to the last attempt. `null` unless the event was given up.
    #[schema(required)]
    last_status: Option<u16>,
    /// Why there was no response to that attempt. `null` unless the event was given up.
    #[schema(required)]
    last_failure: Option<FailureObject>,
    /// The time of the next attempt. `null` while the endpoint is disabled, and for other reasons than `retrying` and `pending`.
    #[schema(required, format = "date-time")]
    next_attempt_at: Option<String>,
    #[schema(required, format = "date-time")]
    given_up_at: Option<String>,
}

impl From<&(WorkspaceId, Undelivered)> for UndeliveredObject {
    fn from((workspace, event): &(WorkspaceId, Undelivered)) -> Self {
        Self {
            object: UndeliveredTag,
            event_id: EventId::new(*workspace, event.sequence).to_string(),
            sequence: event.sequence,
            event_type: event.event_type,
            conversation_id: event.conversation_id,
            reason: event.reason,
            attempts: event.attempts,
            last_status: event.last_status,
            last_failure: event.last_failure.as_ref().map(FailureObject::from),
            next_attempt_at: event.next_attempt_at.map(|time| time.to_string()),
            given_up_at: event.given_up_at.map(|time| time.to_string()),
        }
    }
}
