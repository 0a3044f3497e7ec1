use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Reply, scope::WriteCustomers};
use deskless_app::customers;
use deskless_domain::{Inbox, InboxId, Scope};

use crate::chatwoot::{
    blank::Blank,
    dto::ContactInbox,
    find,
    id::Wanted,
    path::OfContact,
    query::{invalid, shown},
};

/// A contact inbox to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CreateContactInbox {
    inbox_id: Wanted<InboxId>,
    #[deserr(default)]
    source_id: Blank<String>,
}

/// Returns the id under which a contact is known in an inbox. Nothing is written: it is the contact's id in every inbox.
pub async fn contact_inboxes(
    caller: Caller<WriteCustomers>,
    ApiPath(path): ApiPath<OfContact>,
    request: Idempotent<CreateContactInbox>,
) -> Reply {
    let _ = path.account.of(caller.store())?;
    caller.require(Scope::ReadCustomers)?;
    caller.require(Scope::ReadWorkspace)?;
    let CreateContactInbox { inbox_id, source_id } = request.body;
    if source_id.0.is_some_and(|source| source != path.contact.as_str()) {
        return Err(invalid("source_id", "must be the id of the contact, or left out"));
    }
    let record = customers::get(caller.store(), &path.contact).await?;
    let inbox = find::resource::<Inbox>(caller.store(), inbox_id).await?;
    shown(&ContactInbox::new(&record.customer, &inbox))
}
