use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, Json, NoParameters, Reply, dialect::respond, scope::WriteCustomers,
};
use deskless_app::customers::{self, UpdateCustomer};
use deskless_domain::{CustomerId, CustomerRecord, FieldChange};
use http::StatusCode;
use serde_json::Value;

use super::{reference, update::ChangeError};
use crate::intercom::attributes::Attributes;

/// Archive a contact: lists and searches no longer show them.
pub async fn archive_contact(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: Idempotent<Json>,
) -> Reply {
    set_archived(&caller, &id, true).await
}

/// Restore an archived contact.
pub async fn unarchive_contact(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: Idempotent<Json>,
) -> Reply {
    set_archived(&caller, &id, false).await
}

async fn set_archived(caller: &Caller<WriteCustomers>, id: &CustomerId, is_archived: bool) -> Reply {
    let command = |record: &CustomerRecord| -> Result<UpdateCustomer, ChangeError> {
        let mut attributes = Attributes::of(&record.metadata);
        attributes.set("archived", if is_archived { Value::Bool(true) } else { Value::Null });
        Ok(UpdateCustomer { metadata: FieldChange::Set(attributes.metadata()?), ..UpdateCustomer::default() })
    };
    customers::edit(caller.store(), id, command).await?;
    respond(StatusCode::OK, &reference(id, "archived", is_archived))
}
