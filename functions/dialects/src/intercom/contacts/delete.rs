use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Reply, dialect::respond, scope::WriteCustomers};
use deskless_app::customers;
use deskless_domain::{CustomerId, Precondition};
use http::StatusCode;

use super::{find, no_user, reference};

/// Delete a contact: erases their details at once, and their conversations in the background.
pub async fn delete_contact(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    find(caller.store(), &id).await?;
    customers::erase(caller.store(), &id, &Precondition::NONE).await.map_err(no_user)?;
    respond(StatusCode::OK, &reference(&id, "deleted", true))
}
