use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Problem, Reply, scope::ReadConversations};
use deskless_app::{
    TenantStore,
    conversations::{self, ConversationView, ListConversationsAt, Sort},
};
use deskless_domain::{Assigned, ConversationFilter, Inbox, InboxId, Offset, Order, Status, Tag, Total};
use serde::Serialize;

use super::{objects, totals::Totals};
use crate::chatwoot::{
    blank::{Blank, Unsupported},
    dto::ConversationObject,
    find,
    id::Wanted,
    path::{AccountId, InAccount},
    query::{Page, as_parameter, counted, invalid},
};

/// The number of conversations on a page.
pub const SIZE: usize = 25;

/// The parameters of the list.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListConversations {
    #[deserr(default)]
    assignee_type: Blank<String>,
    #[deserr(default)]
    sort_by: Blank<String>,
    #[deserr(default)]
    page: Page<SIZE>,
    #[deserr(default)]
    status: Blank<String>,
    #[deserr(default)]
    inbox_id: Blank<Wanted<InboxId>>,
    #[deserr(default)]
    labels: Blank<String>,
    #[deserr(default, rename = "labels[]")]
    labels_array: Blank<String>,
    #[deserr(default)]
    q: Unsupported,
    #[deserr(default)]
    team_id: Unsupported,
}

/// The filters that the list and its counts have.
#[derive(Debug, Default)]
pub struct Filters {
    /// The status; open conversations if there is none.
    pub status: Option<String>,
    /// The inbox.
    pub inbox_id: Option<Wanted<InboxId>>,
    /// The label.
    pub labels: Option<String>,
    /// Whether there is a text to search for.
    pub has_text: bool,
    /// Whether there is a team.
    pub has_team: bool,
}

impl Filters {
    /// Returns the filter.
    ///
    /// # Errors
    /// `invalid_request` for statuses that the service does not have, several labels, texts and teams.
    pub async fn resolve(self, store: &TenantStore) -> Result<ConversationFilter, Problem> {
        if self.has_text {
            return Err(invalid("q", "must not be sent. Texts of messages cannot be searched"));
        }
        if self.has_team {
            return Err(invalid("team_id", "must not be sent. Teams are not supported"));
        }
        let mut filter = ConversationFilter::default();
        of_status(self.status.as_deref().unwrap_or("open"), &mut filter)?;
        if let Some(label) = self.labels.map(one_label).transpose()?.flatten() {
            filter.tag = Some(tag(label, "labels")?);
        }
        if let Some(wanted) = self.inbox_id.filter(|wanted| *wanted != Wanted::Number(0)) {
            filter.inbox_id = Some(find::resource::<Inbox>(store, wanted).await?.id);
        }
        Ok(filter)
    }
}

/// Returns the label of a parameter that has two spellings.
///
/// # Errors
/// `invalid_request` when both are sent.
pub fn label(labels: Blank<String>, array: Blank<String>) -> Result<Option<String>, Problem> {
    match (labels.0, array.0) {
        (Some(_), Some(_)) => Err(as_parameter(invalid("labels", ONE_LABEL))),
        (labels, array) => Ok(labels.or(array)),
    }
}

/// Sets the filter of a status.
pub fn of_status(status: &str, filter: &mut ConversationFilter) -> Result<(), Problem> {
    (filter.status, filter.snoozed) = match status {
        "open" => (Some(Status::Open), Some(false)),
        "snoozed" => (Some(Status::Open), Some(true)),
        "pending" => (Some(Status::Waiting), None),
        "resolved" => (Some(Status::Solved), None),
        "all" => (None, None),
        _ => return Err(invalid("status", "must be one of open, resolved, pending, snoozed, all")),
    };
    Ok(())
}

/// Returns the label of a parameter, which may be a list as JSON: some clients send `[null]` for none.
fn one_label(text: String) -> Result<Option<String>, Problem> {
    let Ok(labels) = serde_json::from_str::<Vec<Option<String>>>(&text) else { return Ok(Some(text)) };
    let mut labels = labels.into_iter().flatten();
    let label = labels.next();
    if labels.next().is_some() { Err(invalid("labels", ONE_LABEL)) } else { Ok(label) }
}

const ONE_LABEL: &str = "must have one label. Several labels are not supported";

/// Parses the label of a filter.
pub fn tag(label: String, field: &str) -> Result<Tag, Problem> {
    if label.contains(',') {
        return Err(invalid(field, ONE_LABEL));
    }
    Tag::parse(label).map_err(|error| invalid(field, error.message))
}

/// A page of conversations.
#[derive(Serialize)]
pub struct PageOfConversations {
    pub meta: Totals,
    pub payload: Vec<ConversationObject>,
}

#[derive(Serialize)]
struct Data {
    data: PageOfConversations,
}

/// Returns a page of the conversations that match a filter.
pub async fn page(
    store: &TenantStore,
    account: &AccountId,
    filter: ConversationFilter,
    sort: Sort,
    offset: Offset,
) -> Result<PageOfConversations, Problem> {
    let command = ListConversationsAt { filters: vec![filter.clone()], sort, offset, limit: SIZE };
    let list = conversations::list_at(store, &command).await?;
    let total = list.page.total;
    let (all, unassigned) = match filter.assignee_id {
        None => (Some(total), None),
        Some(Assigned::None) => (None, Some(total)),
        Some(Assigned::To(_)) => (Some(total), Some(Total::exact(0))),
    };
    let meta = Totals::of(store, &ConversationFilter { assignee_id: None, ..filter }, all, unassigned).await?;
    let names = list.names;
    let views = list.page.rows.into_iter().map(|conversation| ConversationView { conversation, names: names.clone() });
    Ok(PageOfConversations { meta, payload: objects(views, account, store.clock().now()) })
}

/// Lists conversations.
pub async fn list(
    caller: Caller<ReadConversations>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<ListConversations>,
) -> Reply {
    let store = caller.store();
    let account = path.account.of(store)?;
    let sort = match query.sort_by.0.as_deref() {
        None | Some("last_activity_at_desc" | "latest") => Sort::ByActivity(Order::Desc),
        Some("last_activity_at_asc") => Sort::ByActivity(Order::Asc),
        Some("created_at_desc") => Sort::ByCreation(Order::Desc),
        Some("created_at_asc") => Sort::ByCreation(Order::Asc),
        Some(_) => {
            let known = "last_activity_at_desc, last_activity_at_asc, created_at_desc, created_at_asc";
            return Err(as_parameter(invalid("sort_by", format!("must be one of {known}"))));
        }
    };
    let filters = Filters {
        status: query.status.0,
        inbox_id: query.inbox_id.0,
        labels: label(query.labels, query.labels_array)?,
        has_text: query.q.0,
        has_team: query.team_id.0,
    };
    let mut filter = filters.resolve(store).await.map_err(as_parameter)?;
    filter.assignee_id = match query.assignee_type.0.as_deref() {
        None | Some("all") => None,
        Some("unassigned") => Some(Assigned::None),
        Some(_) => {
            let message = "must be all or unassigned: an API key is no agent. Filter by assignee_id to list an agent's";
            return Err(as_parameter(invalid("assignee_type", message)));
        }
    };
    let data = page(store, &account, filter, sort, query.page.offset).await?;
    let is_exact = data.meta.is_exact;
    counted(&Data { data }, is_exact)
}
