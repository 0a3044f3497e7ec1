use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadCustomers};
use deskless_app::customers;
use deskless_domain::CustomerId;

use super::dto::CustomerResponse;

/// Retrieve a customer
///
/// Returns the customer's record. Anonymous customers have none.
#[utoipa::path(
    get,
    path = "/api/v1/customers/{customerId}",
    tag = "Customers",
    params(("customerId" = String, Path, description = "The customer's id in your own system")),
    responses(
        (status = 200, description = "The customer", body = CustomerResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_customer(
    caller: Caller<ReadCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let record = customers::get(caller.store(), &id).await?;
    ok(record.version, &CustomerResponse::from(&record))
}
