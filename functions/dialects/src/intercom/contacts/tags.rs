use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply,
    dialect::respond,
    scope::{ReadCustomers, WriteCustomers},
};
use deskless_app::{
    TenantStore,
    customers::{self, UpdateCustomer},
};
use deskless_domain::{CustomerId, CustomerRecord, FieldChange, Tag, Tags};
use http::StatusCode;
use serde_json::{Value, json};

use super::{find, update::ChangeError};
use crate::intercom::{
    attributes::Attributes,
    error::{NO_TAG, not_found},
    shape::contact::{ContactShape, tags},
    values::{Id, TagIds, invalid},
};

/// The tag to attach.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct TagRequest {
    /// The id of the tag.
    id: Id,
}

/// List the tags of a contact.
pub async fn list_tags_of_contact(
    caller: Caller<ReadCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let record = find(caller.store(), &id).await?;
    let shape = ContactShape::of(caller.store());
    let tags: Vec<_> = tags(&Attributes::of(&record.metadata)).iter().map(|tag| shape.tag(tag)).collect();
    respond(StatusCode::OK, &json!({ "type": "list", "data": tags }))
}

/// Attach a tag to a contact.
pub async fn tag_contact(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<TagRequest>,
) -> Reply {
    let store = caller.store();
    let tag = TagIds::new(store.workspace_id()).tag(&request.body.id.0).ok_or_else(|| not_found(NO_TAG))?;
    change(store, &id, |mut names: Vec<Tag>| {
        names.push(tag.clone());
        names
    })
    .await?;
    respond(StatusCode::OK, &ContactShape::of(store).tag(&tag))
}

/// Detach a tag from a contact.
pub async fn untag_contact(
    caller: Caller<WriteCustomers>,
    ApiPath((id, tag)): ApiPath<(CustomerId, String)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    let store = caller.store();
    let tag = TagIds::new(store.workspace_id()).tag(&tag).ok_or_else(|| not_found(NO_TAG))?;
    change(store, &id, |names: Vec<Tag>| names.into_iter().filter(|name| *name != tag).collect()).await?;
    respond(StatusCode::OK, &ContactShape::of(store).tag(&tag))
}

async fn change(
    store: &TenantStore,
    id: &CustomerId,
    next: impl Fn(Vec<Tag>) -> Vec<Tag>,
) -> Result<CustomerRecord, ChangeError> {
    let command = |record: &CustomerRecord| -> Result<UpdateCustomer, ChangeError> {
        let mut attributes = Attributes::of(&record.metadata);
        let tags = Tags::parse(next(tags(&attributes))).map_err(|error| invalid("id", error.message))?;
        let names = tags.as_slice().iter().map(|tag| Value::from(tag.as_str())).collect::<Vec<_>>();
        attributes.set("tags", if names.is_empty() { Value::Null } else { names.into() });
        Ok(UpdateCustomer { metadata: FieldChange::Set(attributes.metadata()?), ..UpdateCustomer::default() })
    };
    customers::edit(store, id, command).await
}
