use deserr::Deserr;
use deskless_api::{
    ApiQuery, Code, InvalidRequest, Principal, Problem, Reply, dialect::respond, scope::ReadConversations,
};
use deskless_app::conversations::{self, ListConversationsAt, Sort};
use deskless_domain::{ConversationFilter, Email, Order};
use http::StatusCode;

use super::{
    dto::{ConversationObject, List, Viewer},
    values::Status,
};
use crate::numbers::{Size, Skip, offset, with_total};

/// The filters and the page.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListQuery {
    #[deserr(default)]
    user_email: Option<Email>,
    #[deserr(default)]
    status: Option<Status>,
    #[deserr(default)]
    limit: Size<20, 100>,
    #[deserr(default)]
    offset: Skip,
}

/// Lists conversations, the newest activity first; to a customer, their own.
pub async fn list_conversations(caller: Principal<ReadConversations>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let sort = Sort::ByActivity(Order::Desc);
    let (offset, limit) = (offset("offset", query.offset)?, query.limit.rows());
    let filter = query.status.map(Status::filter).unwrap_or_default();
    let (page, viewer) = match caller {
        Principal::Server(caller) => {
            let filters = vec![ConversationFilter { customer_email: query.user_email, ..filter }];
            let command = ListConversationsAt { filters, sort, offset, limit };
            (conversations::list_at(caller.store(), &command).await?.page, Viewer::Server)
        }
        Principal::Customer(caller) => {
            // The address of a customer's conversation is not verified, so it finds nothing.
            if query.user_email.is_some() {
                let detail =
                    "With a client key, the list has the customer's own conversations. Leave out `user_email`.";
                return Err(Problem::new(Code::Forbidden, detail));
            }
            let page = conversations::list_own_matching_at(caller.store(), filter, sort, offset, limit).await?;
            (page, Viewer::Customer)
        }
    };
    let results = page.rows.iter().map(|conversation| ConversationObject::new(conversation, viewer)).collect();
    with_total(page.total, respond(StatusCode::OK, &List { count: page.total.count, results }))
}
