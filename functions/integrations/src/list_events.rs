use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Code, InvalidRequest, Limit, Problem, Reply, ok,
    scope::ReadEvents,
    wire::{EventObject, ListTag, TypesInQuery},
};
use deskless_app::events::{self, FeedStart, ReadFeed};
use deskless_domain::{ConversationId, EventFilter, EventId, WorkspaceId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The position, the filters and the page size. All filters must match.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListEventsQuery {
    /// Only events after this one: the `nextCursor` of the previous page, the id of an event in the log, or `latest` for new events
    /// only. Without it, the list begins with the oldest event that is kept.
    #[deserr(default)]
    after: Option<String>,
    /// Only events of these types, separated by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>, example = "message.created,message.updated")]
    types: TypesInQuery,
    /// Only events of this conversation and its messages.
    #[deserr(default)]
    conversation_id: Option<ConversationId>,
    /// The maximum number of events.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventListResponse {
    object: ListTag,
    /// Whether there are more events now. A page can be empty and have more, because filters are evaluated on a part of the log.
    has_more: bool,
    /// The `after` of the next page. Always set: keep it, and send it later to read newer events.
    #[schema(format = "uuid")]
    next_cursor: String,
    events: Vec<EventObject>,
}

/// List events
///
/// Lists the events of the workspace in one order, oldest first. Nothing is left out and nothing is listed twice as long as you continue
/// with `nextCursor`. Events are kept for 30 days. The first call, or the first webhook endpoint, starts the log: earlier changes have no
/// events.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "Events",
    params(ListEventsQuery),
    responses(
        (status = 200, description = "A page of events", body = EventListResponse),
        (status = 410, description = "Events after the position have expired. Continue with `oldestCursor`", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn list_events(caller: Caller<ReadEvents>, ApiQuery(query): ApiQuery<ListEventsQuery>) -> Reply {
    let store = caller.store();
    let command = ReadFeed {
        start: query.after.map(|after| start(&after, store.workspace_id())).transpose()?,
        filter: EventFilter { types: query.types.0, conversation_id: query.conversation_id },
        limit: query.limit.0,
    };
    let page = events::read_feed(store, &command).await?;
    ok(
        None,
        &EventListResponse {
            object: ListTag,
            has_more: page.has_more,
            next_cursor: page.next.to_string(),
            events: page.events.iter().map(EventObject::from).collect(),
        },
    )
}

/// Parses `after`.
fn start(after: &str, workspace: WorkspaceId) -> Result<FeedStart, Problem> {
    if after == "latest" {
        return Ok(FeedStart::Latest);
    }
    EventId::parse(after).and_then(|id| id.sequence_in(workspace)).map(FeedStart::After).ok_or_else(|| {
        let detail = "`after` is not the id of an event in the log or the `nextCursor` of a page in this workspace. Send one of these, `latest`, \
                      or leave it out to begin with the oldest event.";
        Problem::new(Code::InvalidCursor, detail)
    })
}
