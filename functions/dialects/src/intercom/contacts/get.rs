use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Reply, scope::ReadCustomers};
use deskless_domain::CustomerId;

use super::{find, reply};

/// Get a contact, also an archived one.
pub async fn get_contact(
    caller: Caller<ReadCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    reply(caller.store(), &find(caller.store(), &id).await?)
}

/// Get a contact by their external id, which is their id here.
pub async fn find_contact_by_external_id(
    caller: Caller<ReadCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    reply(caller.store(), &find(caller.store(), &id).await?)
}
