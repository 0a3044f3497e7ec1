use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, Problem, Reply, scope::ReadConversations};
use deskless_app::{TenantStore, conversations::Sort};
use deskless_domain::{Assigned, ConversationFilter, Identifier, Inbox, Member, Order};

use super::list::{SIZE, of_status, page, tag};
use crate::chatwoot::{
    filter::{Condition, FilterRequest},
    find,
    id::Wanted,
    path::InAccount,
    query::{Page, counted, invalid},
    status::priority,
};

/// The parameters of the filter.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct FilterConversations {
    #[deserr(default)]
    page: Page<SIZE>,
}

/// Lists the conversations that match all conditions.
pub async fn filter(
    caller: Caller<ReadConversations>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<FilterConversations>,
    request: Idempotent<FilterRequest>,
) -> Reply {
    let store = caller.store();
    let account = path.account.of(store)?;
    let mut filter = ConversationFilter::default();
    for condition in request.body.conditions()? {
        add(store, condition, &mut filter).await?;
    }
    let page = page(store, &account, filter, Sort::ByActivity(Order::Desc), query.page.offset).await?;
    let is_exact = page.meta.is_exact;
    counted(&page, is_exact)
}

async fn add(store: &TenantStore, condition: Condition, filter: &mut ConversationFilter) -> Result<(), Problem> {
    let Condition { attribute, value } = condition;
    match attribute.as_str() {
        "status" => of_status(&value, filter)?,
        "priority" => filter.priority = Some(priority(Some(&value))?),
        "labels" => filter.tag = Some(tag(value, "values")?),
        "inbox_id" => filter.inbox_id = Some(find::resource::<Inbox>(store, id(&value)?).await?.id),
        "assignee_id" => {
            filter.assignee_id = Some(Assigned::To(find::resource::<Member>(store, id(&value)?).await?.id));
        }
        _ => {
            let message =
                "must be one of status, priority, labels, inbox_id, assignee_id. Other attributes are not supported";
            return Err(invalid("attribute_key", message));
        }
    }
    Ok(())
}

fn id<I: Identifier>(value: &str) -> Result<Wanted<I>, Problem> {
    Wanted::parse(value).ok_or_else(|| invalid("values", "must be an id, a whole number"))
}
