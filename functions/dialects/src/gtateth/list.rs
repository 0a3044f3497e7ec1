use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, InvalidRequest, Reply, dialect::respond, scope::ReadConversations, wire::AssignedTo,
};
use deskless_app::conversations::{self, ListConversationsAt, Sort};
use deskless_domain::{ConversationFilter, CustomerId, InboxId, MemberId, Order};
use http::StatusCode;

use super::{
    dto::{ConversationObject, SuccessPage},
    values::{RequestedPriority, Status},
};
use crate::numbers::{Page, Size, page_offset, with_total};

/// The filters and the page.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct ListQuery {
    #[deserr(default)]
    status: Option<Status>,
    #[deserr(default)]
    priority: Option<RequestedPriority>,
    #[deserr(default)]
    assigned_to: Option<AssignedTo<MemberId>>,
    #[deserr(default)]
    inbox_id: Option<InboxId>,
    #[deserr(default)]
    customer_id: Option<CustomerId>,
    #[deserr(default)]
    page: Page,
    #[deserr(default)]
    limit: Size<50, 100>,
}

impl ListQuery {
    fn filter(&self) -> Result<ConversationFilter, InvalidRequest> {
        let filter = self.priority.map(RequestedPriority::filter).transpose();
        Ok(ConversationFilter {
            status: self.status.map(deskless_domain::Status::from),
            assignee_id: self.assigned_to.map(|assigned| assigned.0),
            inbox_id: self.inbox_id,
            customer_id: self.customer_id.clone(),
            ..filter.map_err(|invalid| InvalidRequest::one("priority", &invalid))?.unwrap_or_default()
        })
    }
}

/// Lists conversations, the newest activity first.
pub async fn list_conversations(caller: Caller<ReadConversations>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let command = ListConversationsAt {
        filters: vec![query.filter()?],
        sort: Sort::ByActivity(Order::Desc),
        offset: page_offset("page", query.page, query.limit.0)?,
        limit: query.limit.rows(),
    };
    let list = conversations::list_at(caller.store(), &command).await?;
    let data = list.page.rows.iter().map(|one| ConversationObject::new(one, &list.names)).collect();
    let page = SuccessPage::new(data, list.page.total.count, query.page.0, query.limit.0);
    with_total(list.page.total, respond(StatusCode::OK, &page))
}
