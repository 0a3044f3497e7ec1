use deskless_api::{
    ApiPath, ApiQuery, Caller, CursorScope, Problem, Reply, ok,
    scope::ReadWebhooks,
    shape::{ListQuery, Page},
};
use deskless_app::deliveries::{self, AttemptPosition};
use deskless_domain::{AttemptId, WebhookEndpointId};

use super::attempt_dto::WebhookAttemptListResponse;

/// List webhook attempts
///
/// Lists the attempts of the last 30 days, tests included, newest first. Not all are kept: of a run of deliveries, which takes up to a
/// minute, at most 200, failures before successes.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}/attempts",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id"), ListQuery),
    responses((status = 200, description = "A page of attempts", body = WebhookAttemptListResponse)),
)]
pub async fn list_webhook_attempts(
    caller: Caller<ReadWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Reply {
    let workspace = caller.store().workspace_id();
    let scope = CursorScope::new(workspace, &["webhook-attempts", &id.to_string()]);
    let before = query.cursor().map(|cursor| scope.decode(cursor).and_then(|bytes| position(&bytes))).transpose()?;
    let page = deliveries::list_attempts(caller.store(), id, before, query.limit()).await?;
    let page = Page {
        rows: page.attempts.into_iter().map(|attempt| (workspace, attempt)).collect(),
        next_cursor: page.next.map(|next| scope.encode(&bytes(next))),
    };
    ok(None, &WebhookAttemptListResponse::from(page))
}

/// Returns the bytes of a position in a cursor: the run, and the index.
fn bytes(position: AttemptPosition) -> Vec<u8> {
    let mut bytes = position.run.as_bytes().to_vec();
    bytes.extend(u64::try_from(position.index).unwrap_or(u64::MAX).to_be_bytes());
    bytes
}

fn position(bytes: &[u8]) -> Result<AttemptPosition, Problem> {
    let parts = bytes.split_first_chunk::<16>().zip(bytes.last_chunk::<8>()).filter(|_| bytes.len() == 24);
    let ((run, _), index) = parts.ok_or_else(CursorScope::invalid_cursor)?;
    let index = usize::try_from(u64::from_be_bytes(*index)).unwrap_or(usize::MAX);
    Ok(AttemptPosition { run: AttemptId::from_bytes(*run), index })
}

#[cfg(test)]
mod tests {
    use deskless_app::deliveries::AttemptPosition;
    use deskless_domain::AttemptId;

    use super::{bytes, position};

    #[test]
    fn position_is_read_as_written() {
        let written = AttemptPosition { run: AttemptId::from_bytes([7; 16]), index: 300 };
        assert_eq!(position(&bytes(written)).ok(), Some(written));
        assert!(position(&[0; 23]).is_err() && position(&[]).is_err());
    }
}
