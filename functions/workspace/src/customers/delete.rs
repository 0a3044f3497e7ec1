use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, accepted, scope::WriteCustomers};
use deskless_app::customers;
use deskless_domain::CustomerId;

use super::dto::CustomerResponse;

/// Erase a customer
///
/// Deletes the customer's details at once, and their conversations in the background, with the progress in `erasing`. Then the
/// customer returns 404. This cannot be undone.
#[utoipa::path(
    delete,
    path = "/api/v1/customers/{customerId}",
    tag = "Customers",
    params(("customerId" = String, Path, description = "The customer's id in your own system")),
    responses(
        (status = 202, description = "The customer, who is being erased", body = CustomerResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn delete_customer(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    let record = customers::erase(caller.store(), &id, &precondition).await?;
    accepted(None, record.version, &CustomerResponse::from(&record))
}
