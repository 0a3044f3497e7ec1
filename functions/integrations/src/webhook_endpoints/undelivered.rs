use deskless_api::{
    ApiPath, ApiQuery, Caller, CursorScope, Reply, ok, scope::ReadWebhooks, shape::ListQuery, wire::ListTag,
};
use deskless_app::webhook_endpoints::{self, UndeliveredPosition};
use deskless_domain::{MessageId, WebhookEndpointId};
use serde::Serialize;
use utoipa::ToSchema;

use super::attempt_dto::UndeliveredObject;

/// A page of undelivered events.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndeliveredEventListResponse {
    object: ListTag,
    /// Whether more pages may follow.
    has_more: bool,
    /// The `cursor` of the next page. `null` on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
    /// The number of events in the log, of all types, that deliveries have not reached: because the endpoint is disabled or does not
    /// respond, or because they are new. They are not listed.
    behind: u64,
    undelivered_events: Vec<UndeliveredObject>,
}

/// List undelivered events
///
/// Lists the events that were not delivered: first those that wait, oldest first, and then those that were given up in the last 30 days,
/// newest first. Of a conversation with more than 500 events that wait, the first 500 are listed.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}/undelivered",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id"), ListQuery),
    responses((status = 200, description = "A page of undelivered events", body = UndeliveredEventListResponse)),
)]
pub async fn list_undelivered_events(
    caller: Caller<ReadWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Reply {
    let workspace = caller.store().workspace_id();
    let scope = CursorScope::new(workspace, &["undelivered-events", &id.to_string()]);
    let after = query.cursor().map(|cursor| scope.decode_ids(cursor).map(position)).transpose()?;
    let page = webhook_endpoints::list_undelivered(caller.store(), id, after, query.limit()).await?;
    let events: Vec<_> = page.events.into_iter().map(|event| (workspace, event)).collect();
    ok(
        None,
        &UndeliveredEventListResponse {
            object: ListTag,
            has_more: page.next.is_some(),
            next_cursor: page.next.map(|next| scope.encode_ids(&[id_of(next)])),
            behind: page.behind,
            undelivered_events: events.iter().map(UndeliveredObject::from).collect(),
        },
    )
}

/// The bit of a position in the second part of the list.
const GIVEN_UP: u128 = 1 << 64;

/// Converts a position to what cursors have.
fn id_of(position: UndeliveredPosition) -> MessageId {
    let bits = match position {
        UndeliveredPosition::Waiting(sequence) => u128::from(sequence),
        UndeliveredPosition::GivenUp(sequence) => GIVEN_UP | u128::from(sequence),
    };
    MessageId::from_bytes(bits.to_be_bytes())
}

fn position([id]: [MessageId; 1]) -> UndeliveredPosition {
    let bits = u128::from_be_bytes(*id.as_bytes());
    let sequence = u64::try_from(bits & (GIVEN_UP - 1)).unwrap_or_default();
    if bits & GIVEN_UP == 0 { UndeliveredPosition::Waiting(sequence) } else { UndeliveredPosition::GivenUp(sequence) }
}
