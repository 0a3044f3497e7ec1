use deserr::Deserr;
use deskless_api::{ApiPath, ApiQuery, Caller, InvalidRequest, Problem, Reply, scope::ReadCustomers};
use deskless_app::{AppError, TenantStore, customers};
use deskless_domain::{CustomerId, CustomerRecord, Email, Offset, OffsetPage};

use super::page::{SIZE, page};
use crate::chatwoot::{
    blank::Blank,
    path::InAccount,
    query::{Page, as_parameter, invalid},
};

/// The parameters of the search.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct SearchContacts {
    #[deserr(default)]
    q: Option<String>,
    #[deserr(default)]
    page: Page<SIZE>,
    #[deserr(default)]
    sort: Blank<String>,
    #[deserr(default)]
    include_contact_inboxes: Option<String>,
}

/// Finds contacts by their whole email address or identifier.
pub async fn search(
    caller: Caller<ReadCustomers>,
    ApiPath(path): ApiPath<InAccount>,
    ApiQuery(query): ApiQuery<SearchContacts>,
) -> Reply {
    let _ = (path.account.of(caller.store())?, query.include_contact_inboxes, query.sort);
    let q = query.q.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
    let q = q.ok_or_else(|| as_parameter(invalid("q", "is required: an email address or an identifier")))?;
    let found = match Email::parse(q.clone()) {
        Ok(email) => with_email(caller.store(), &email, query.page.offset).await?,
        Err(_) => with_identifier(caller.store(), q, query.page.offset).await?,
    };
    page(&found, query.page.number)
}

/// Returns the contacts who have an email address, or the one whose identifier looks like this one.
pub(super) async fn with_email(
    store: &TenantStore,
    email: &Email,
    offset: Offset,
) -> Result<OffsetPage<CustomerRecord>, Problem> {
    let found = customers::list_at(store, Some(email), offset, SIZE).await?;
    if found.total.count > 0 {
        return Ok(found);
    }
    with_identifier(store, email.to_string(), offset).await
}

/// Returns the contact with an identifier.
pub(super) async fn with_identifier(
    store: &TenantStore,
    text: String,
    offset: Offset,
) -> Result<OffsetPage<CustomerRecord>, Problem> {
    let Ok(id) = CustomerId::parse(text) else { return Ok(OffsetPage::of_all(Vec::new(), offset, SIZE)) };
    let found = match customers::get(store, &id).await {
        Ok(record) => vec![record],
        Err(AppError::NotFound) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(OffsetPage::of_all(found, offset, SIZE))
}
