use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Reply, dialect::respond, scope::ReadCustomers};
use deskless_app::customers;
use deskless_domain::CustomerId;
use http::StatusCode;

use super::dto::LeadObject;

/// Returns a lead.
pub async fn get_lead(
    caller: Caller<ReadCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let record = customers::get(caller.store(), &id).await?;
    respond(StatusCode::OK, &LeadObject::from(&record))
}
