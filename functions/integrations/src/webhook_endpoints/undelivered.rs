use deskless_api::{
    ApiPath, ApiQuery, Caller, CursorScope, Problem, Reply, ok, scope::ReadWebhooks, shape::ListQuery, wire::ListTag,
};
use deskless_app::webhook_endpoints::{self, UndeliveredPosition};
use deskless_domain::WebhookEndpointId;
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
    let after = query.cursor().map(|cursor| scope.decode(cursor).and_then(|bytes| position(&bytes))).transpose()?;
    let page = webhook_endpoints::list_undelivered(caller.store(), id, after, query.limit()).await?;
    let events: Vec<_> = page.events.into_iter().map(|event| (workspace, event)).collect();
    ok(
        None,
        &UndeliveredEventListResponse {
            object: ListTag,
            has_more: page.next.is_some(),
            next_cursor: page.next.map(|next| scope.encode(&bytes(next))),
            behind: page.behind,
            undelivered_events: events.iter().map(UndeliveredObject::from).collect(),
        },
    )
}

/// The first byte of a position among the events that wait.
const WAITING: u8 = 0;
/// The first byte of a position among the events that were given up.
const GIVEN_UP: u8 = 1;

/// Returns the bytes of a position in a cursor: the part of the list, and the sequence.
fn bytes(position: UndeliveredPosition) -> Vec<u8> {
    let (part, sequence) = match position {
        UndeliveredPosition::Waiting(sequence) => (WAITING, sequence),
        UndeliveredPosition::GivenUp(sequence) => (GIVEN_UP, sequence),
    };
    [&[part], &sequence.to_be_bytes()[..]].concat()
}

fn position(bytes: &[u8]) -> Result<UndeliveredPosition, Problem> {
    let parts = bytes.split_first().and_then(|(part, rest)| Some((*part, rest.try_into().ok()?)));
    match parts.map(|(part, sequence)| (part, u64::from_be_bytes(sequence))) {
        Some((WAITING, sequence)) => Ok(UndeliveredPosition::Waiting(sequence)),
        Some((GIVEN_UP, sequence)) => Ok(UndeliveredPosition::GivenUp(sequence)),
        _ => Err(CursorScope::invalid_cursor()),
    }
}

#[cfg(test)]
mod tests {
    use deskless_app::webhook_endpoints::UndeliveredPosition;

    use super::{bytes, position};

    #[test]
    fn position_is_read_as_written() {
        for written in [UndeliveredPosition::Waiting(300), UndeliveredPosition::GivenUp(1 << 53)] {
            assert_eq!(position(&bytes(written)).ok(), Some(written));
        }
        assert!(
            position(&[2, 0, 0, 0, 0, 0, 0, 0, 0]).is_err() && position(&[0; 8]).is_err() && position(&[]).is_err()
        );
    }
}
