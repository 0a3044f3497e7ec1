use deskless_api::{ApiPath, Caller, Reply, scope::WriteCustomers};
use deskless_app::customers;
use deskless_domain::Precondition;

use crate::chatwoot::{path::OfContact, query::done};

/// Deletes a contact: erases the customer, and in the background their conversations.
pub async fn delete(caller: Caller<WriteCustomers>, ApiPath(path): ApiPath<OfContact>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let _ = customers::erase(caller.store(), &path.contact, &Precondition::NONE).await?;
    done()
}
