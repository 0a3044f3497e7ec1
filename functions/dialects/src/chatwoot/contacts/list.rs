use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Reply, scope::ReadCustomers};
use deskless_app::customers;

use super::page::{SIZE, page};
use crate::chatwoot::{
    blank::Blank,
    path::InAccount,
    query::{Page, invalid},
};

/// The parameters of the list.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct ListContacts {
    #[deserr(default)]
    page: Page<SIZE>,
    #[deserr(default)]
    sort: Blank<String>,
    #[deserr(default)]
    include_contact_inboxes: Option<String>,
}

/// Lists contacts, newest first.
pub async fn list(
    caller: Caller<ReadCustomers>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<ListContacts>,
) -> Reply {
    let _ = (path.account.of(caller.store())?, query.include_contact_inboxes);
    if query.sort.0.is_some_and(|sort| sort != "-created_at") {
        return Err(invalid("sort", "must be -created_at: contacts are listed newest first"));
    }
    page(&customers::list_at(caller.store(), None, query.page.offset, SIZE).await?, query.page.number)
}
