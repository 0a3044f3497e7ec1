//! Contacts: our customers.

mod archive;
mod create;
mod delete;
mod get;
mod list;
mod tags;
mod update;

pub use archive::{archive_contact, unarchive_contact};
pub use create::create_contact;
pub use delete::delete_contact;
pub use get::{find_contact_by_external_id, get_contact};
pub use list::list_contacts;
pub use tags::{list_tags_of_contact, tag_contact, untag_contact};
pub use update::update_contact;

use deskless_api::{Problem, Reply, dialect::respond};
use deskless_app::{AppError, TenantStore, customers};
use deskless_domain::{CustomerId, CustomerRecord};
use http::StatusCode;
use serde_json::json;

use super::{
    error::{NO_USER, not_found},
    shape::contact::ContactShape,
};

/// Returns a contact. One who is being erased is gone.
///
/// # Errors
/// `not_found`.
pub async fn find(store: &TenantStore, id: &CustomerId) -> Result<CustomerRecord, Problem> {
    let found = customers::get(store, id).await.map_err(no_user)?;
    if found.erasure.is_some() { Err(not_found(NO_USER)) } else { Ok(found) }
}

/// Returns the problem of an operation on a contact.
pub fn no_user(error: AppError) -> Problem {
    match error {
        AppError::NotFound => not_found(NO_USER),
        other => other.into(),
    }
}

fn reply(store: &TenantStore, record: &CustomerRecord) -> Reply {
    respond(StatusCode::OK, &ContactShape::of(store).contact(record))
}

/// Returns a reference to a contact, with what happened to them.
fn reference(id: &CustomerId, name: &str, value: bool) -> serde_json::Value {
    let mut reference = json!({ "type": "contact", "id": id.as_str(), "external_id": id.as_str() });
    reference[name] = json!(value);
    reference
}
