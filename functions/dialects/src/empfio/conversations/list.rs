use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::conversations::{self, ListConversationsAt, Sort};
use deskless_domain::{Channel, ConversationFilter, CustomerId, Order};
use http::StatusCode;

use crate::{
    empfio::{
        dto::{ConversationObject, ConversationPage},
        values::Status,
    },
    numbers::{Page, Size, page_offset, with_total},
};

/// The filters and the page.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListQuery {
    #[deserr(default)]
    page: Page,
    #[deserr(default)]
    size: Size<20, 100>,
    #[deserr(default)]
    lead_id: Option<CustomerId>,
    #[deserr(default)]
    status: Option<Status>,
    #[deserr(default)]
    channel: Option<Channel>,
}

/// Lists conversations, the newest activity first.
pub async fn list_conversations(caller: Caller<ReadConversations>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let filter = ConversationFilter {
        customer_id: query.lead_id,
        channel: query.channel,
        ..query.status.map(Status::filter).unwrap_or_default()
    };
    let command = ListConversationsAt {
        filters: vec![filter],
        sort: Sort::ByActivity(Order::Desc),
        offset: page_offset("page", query.page, query.size.0)?,
        limit: query.size.rows(),
    };
    let list = conversations::list_at(caller.store(), &command).await?.page;
    let page = ConversationPage {
        conversations: list.rows.iter().map(ConversationObject::from).collect(),
        total: list.total.count,
        page: query.page.0,
        size: query.size.0,
    };
    with_total(list.total, respond(StatusCode::OK, &page))
}
