use deskless_api::{ApiPath, Caller, Problem, Reply, scope::ReadCustomers};
use deskless_app::customers;
use serde::Serialize;

use crate::chatwoot::{dto::ContactObject, path::OfContact, query::shown};

/// A contact in its wrapper.
#[derive(Serialize)]
pub struct ContactPayload {
    pub payload: ContactObject,
}

/// Returns a contact.
pub async fn show(caller: Caller<ReadCustomers>, ApiPath(path): ApiPath<OfContact>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let record = customers::get(caller.store(), &path.contact).await?;
    if record.erasure.is_some() {
        return Err(Problem::not_found());
    }
    shown(&ContactPayload { payload: ContactObject::of_record(&record, Vec::new()) })
}
