use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, Whole, ok, replayed,
    scope::WriteWebhooks,
};
use deskless_app::{deliveries::Replay, webhook_endpoints};
use deskless_domain::{EventId, Invalid, Scope, Timestamp, WebhookEndpointId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// What to send again. Exactly one field.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1, max_properties = 1)]
pub struct ReplayEventsRequest {
    /// One event. It does not wait for others.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "uuid", required = false)]
    event_id: Option<String>,
    /// Every event that was logged at or after this time, which must not be in the future.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time", required = false)]
    since: Option<Timestamp>,
    /// Every event from this sequence on. The log must have an event with this sequence or a later one.
    #[deserr(default)]
    #[schema(value_type = Option<u64>, minimum = 1, required = false)]
    since_sequence: Option<Whole>,
}

impl ReplayEventsRequest {
    fn replay(self, workspace: WorkspaceId) -> Result<Replay, InvalidRequest> {
        match (self.event_id, self.since, self.since_sequence) {
            (Some(id), None, None) => {
                let invalid = || Invalid::new("invalid", "must be the id of an event of this workspace");
                let event = EventId::parse(&id).filter(|id| id.sequence_in(workspace).is_some());
                event.map(Replay::Event).ok_or_else(|| InvalidRequest::one("eventId", &invalid()))
            }
            (None, Some(time), None) => Ok(Replay::Since(time)),
            (None, None, Some(Whole(0))) => {
                Err(InvalidRequest::one("sinceSequence", &Invalid::new("too_small", "must be at least 1")))
            }
            (None, None, Some(Whole(sequence))) => Ok(Replay::From(sequence)),
            (None, None, None) => {
                let message = "is required, unless you send `since` or `sinceSequence`";
                Err(InvalidRequest::one("eventId", &Invalid::new("required", message)))
            }
            _ => {
                let message = "must have only one of `eventId`, `since` and `sinceSequence`";
                Err(InvalidRequest::one("", &Invalid::new("conflicting", message)))
            }
        }
    }
}

/// The replay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayResponse {
    /// The position of the first event that is sent again. It is later than you asked for if earlier events have expired.
    first_sequence: u64,
}

/// Replay events
///
/// Sends events again, those of the endpoint's types, in the background and in order per conversation. They have the same ids as before. A
/// disabled endpoint gets them when it is enabled. Your key needs `read:events` too.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}/replay",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id")),
    request_body = ReplayEventsRequest,
    responses(
        (status = 200, description = "The replay, which has begun", body = ReplayResponse, headers(
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn replay_events(
    caller: Caller<WriteWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<ReplayEventsRequest>,
) -> Reply {
    caller.require(Scope::ReadEvents)?;
    let (request, key) = request.into_parts(&caller);
    let replay = request.replay(caller.store().workspace_id())?;
    let begun = webhook_endpoints::replay(caller.store(), id, replay, key.as_ref()).await?;
    replayed(begun.is_replay, ok(None, &ReplayResponse { first_sequence: begun.outcome }))
}
