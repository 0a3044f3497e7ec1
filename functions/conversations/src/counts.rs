use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Reply, ok, scope::ReadConversations};
use deskless_domain::{CustomerId, MemberId};
use deskless_store::Counts;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Whose conversations are counted; all, unless it is said.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct CountConversationsQuery {
    /// Only those with this customer.
    #[deserr(default)]
    customer_id: Option<CustomerId>,
    /// Only those of this member.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = "uuid")]
    assignee_id: Option<MemberId>,
}

/// How many conversations there are of each status.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationCounts {
    open: u64,
    waiting: u64,
    solved: u64,
    total: u64,
}

/// How many conversations there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationCountsResponse {
    counts: ConversationCounts,
    /// False where there may be more than 10,000, of which so many were counted.
    exact: bool,
    /// When they were counted.
    #[schema(format = "date-time")]
    as_of: String,
}

impl From<Counts> for ConversationCountsResponse {
    fn from(counts: Counts) -> Self {
        let Counts { open, waiting, solved, exact, as_of } = counts;
        let counts = ConversationCounts { open, waiting, solved, total: counts.total() };
        Self { counts, exact, as_of: as_of.to_string() }
    }
}

/// Count conversations
///
/// From maintained counters, which lag a write by a moment. Of one customer or member they are counted when asked for, up
/// to 10,000.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/counts",
    tag = "Conversations",
    params(CountConversationsQuery),
    responses((status = 200, description = "How many there are", body = ConversationCountsResponse)),
)]
pub async fn count_conversations(
    caller: Caller<ReadConversations>,
    ApiQuery(query): ApiQuery<CountConversationsQuery>,
) -> Reply {
    let counts = match (&query.customer_id, query.assignee_id) {
        (None, None) => caller.store().count_conversations().await?,
        (customer, assignee) => caller.store().count_conversations_of(customer.as_ref(), assignee).await?,
    };
    ok(None, &ConversationCountsResponse::from(counts))
}
