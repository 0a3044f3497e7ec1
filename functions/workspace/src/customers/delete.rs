use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, accepted, scope::WriteCustomers};
use deskless_app::customers;
use deskless_domain::CustomerId;

use super::dto::CustomerResponse;

/// Erase a customer
///
/// What is known of them goes at once, and all of their conversations in the background. Until that is done, `erasing` says how
/// far it has come; a minute later the customer is a 404 and the id is free again.
#[utoipa::path(
    delete,
    path = "/api/v1/customers/{customerId}",
    tag = "Customers",
    params(("customerId" = String, Path, description = "Your own id of the customer")),
    responses(
        (status = 202, description = "It has begun, now or before", body = CustomerResponse, headers(
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
