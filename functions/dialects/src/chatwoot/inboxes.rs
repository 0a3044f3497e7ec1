//! Inboxes.

use deskless_api::{ApiPath, Caller, Reply, scope::ReadWorkspace};
use deskless_app::resources;
use deskless_domain::Inbox;
use serde::Serialize;

use super::{
    dto::InboxObject,
    find,
    path::{InAccount, OfInbox},
    query::shown,
};

#[derive(Serialize)]
struct Inboxes {
    payload: Vec<InboxObject>,
}

/// Lists inboxes.
pub async fn list(caller: Caller<ReadWorkspace>, ApiPath(path): ApiPath<InAccount>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let inboxes = resources::all::<Inbox>(caller.store()).await?;
    shown(&Inboxes { payload: inboxes.iter().map(InboxObject::from).collect() })
}

/// Returns an inbox.
pub async fn show(caller: Caller<ReadWorkspace>, ApiPath(path): ApiPath<OfInbox>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let inbox = find::resource::<Inbox>(caller.store(), path.inbox).await?;
    shown(&InboxObject::from(&inbox))
}
