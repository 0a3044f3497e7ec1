use deskless_api::{ApiPath, Caller, Reply, scope::ReadCustomers};
use deskless_app::{customers, resources};
use deskless_domain::{Inbox, Scope};
use serde::Serialize;

use crate::chatwoot::{dto::ContactInbox, path::OfContact, query::shown};

#[derive(Serialize)]
struct Inboxes {
    payload: Vec<ContactInbox>,
}

/// Returns the inboxes in which a contact can be written to: all of them.
pub async fn contactable_inboxes(caller: Caller<ReadCustomers>, ApiPath(path): ApiPath<OfContact>) -> Reply {
    let _ = path.account.of(caller.store())?;
    caller.require(Scope::ReadWorkspace)?;
    let record = customers::get(caller.store(), &path.contact).await?;
    let inboxes = resources::all::<Inbox>(caller.store()).await?;
    shown(&Inboxes { payload: inboxes.iter().map(|inbox| ContactInbox::new(&record.customer, inbox)).collect() })
}
