use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Reply, ok, scope::ReadConversations, wire::AssignedTo};
use deskless_app::conversations::{self, CountFilter, Counts};
use deskless_domain::{CustomerId, InboxId, MemberId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// The conversations to count.
#[expect(clippy::struct_field_names, reason = "they are the names of the parameters")]
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct CountConversationsQuery {
    /// Only conversations with this customer.
    #[deserr(default)]
    customer_id: Option<CustomerId>,
    /// Only conversations assigned to this member. `none` for unassigned ones.
    #[deserr(default)]
    #[param(value_type = Option<String>, pattern = r"^(none|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    assignee_id: Option<AssignedTo<MemberId>>,
    /// Only conversations in this inbox.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = "uuid")]
    inbox_id: Option<InboxId>,
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
    /// Whether the numbers include every change until `asOf`. Always `false` without `customerId`. With it, `false` if counting
    /// stopped at 10,000.
    exact: bool,
    /// The time of the newest change that the counters include. With `customerId`, the time of the count.
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
/// Returns the number of conversations by status. Counters lag behind writes by a moment. With `customerId`, conversations are
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
    let CountConversationsQuery { customer_id, assignee_id, inbox_id } = query;
    let filter = CountFilter { customer: customer_id, assignee: assignee_id.map(|to| to.0), inbox: inbox_id };
    let counts = conversations::count(caller.store(), &filter).await?;
    ok(None, &ConversationCountsResponse::from(counts))
}
