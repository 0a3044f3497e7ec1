use deserr::Deserr;
use deskless_api::{ApiQuery, Caller, InvalidRequest, Limit, Reply, ok, scope::ReadCustomers, shape::ListCursor};
use deskless_app::customers;
use deskless_domain::Email;
use utoipa::IntoParams;

use super::dto::CustomerListResponse;

/// The page size and a filter.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListCustomersQuery {
    /// The page size.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit<20, 100>,
    /// The `nextCursor` of the previous page.
    #[deserr(default)]
    cursor: Option<String>,
    /// Only customers who have this email address now.
    #[deserr(default)]
    email: Option<Email>,
}

/// List customers
///
/// Lists customers, newest first. The list lags behind a write by a moment. A search by `email` does not.
#[utoipa::path(
    get,
    path = "/api/v1/customers",
    tag = "Customers",
    params(ListCustomersQuery),
    responses((status = 200, description = "A page of customers", body = CustomerListResponse)),
)]
pub async fn list_customers(caller: Caller<ReadCustomers>, ApiQuery(query): ApiQuery<ListCustomersQuery>) -> Reply {
    let email = query.email.as_ref().map(Email::normalized).unwrap_or_default();
    let cursor = ListCursor::new(&caller, query.cursor.as_deref(), &["customers", &email]);
    let after = cursor.after()?;
    let store = caller.store();
    let page = match &query.email {
        Some(email) => customers::list_by_email(store, email, after, query.limit.0).await?,
        None => customers::list(store, after, query.limit.0).await?,
    };
    ok(None, &CustomerListResponse::from(cursor.page(page.customers, page.next)))
}
