use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Reply, ok, scope::ReadConversations};
use deskless_app::conversations::{self, CountConversations, Counts};
use deskless_domain::{CustomerId, MemberId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The conversations to count.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct CountConversationsQuery {
    /// Only conversations with this customer.
    #[deserr(default)]
    customer_id: Option<CustomerId>,
    /// Only conversations that are assigned to this member.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = "uuid")]
    assignee_id: Option<MemberId>,
}

/// The number of conversations by status.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationCounts {
    open: u64,
    waiting: u64,
    solved: u64,
    total: u64,
}

/// The number of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationCountsResponse {
    counts: ConversationCounts,
    /// Whether all conversations were counted. `false` if counting stopped at 10,000.
    exact: bool,
    /// The time of the count.
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
/// Returns counters of the whole workspace, which lag writes by a moment. With `customerId` or `assigneeId`, conversations are
/// counted during the request, up to 10,000.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/counts",
    tag = "Conversations",
    params(CountConversationsQuery),
    responses((status = 200, description = "The counts", body = ConversationCountsResponse)),
)]
pub async fn count_conversations(
    caller: Caller<ReadConversations>,
    ApiQuery(query): ApiQuery<CountConversationsQuery>,
) -> Reply {
    let CountConversationsQuery { customer_id, assignee_id } = query;
    let command = CountConversations { customer: customer_id, assignee: assignee_id };
    let counts = conversations::count(caller.store(), &command).await?;
    ok(None, &ConversationCountsResponse::from(counts))
}
