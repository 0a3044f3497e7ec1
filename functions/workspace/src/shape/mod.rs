//! The shape that all small collections share, written once: list, create, retrieve, change, delete.
//!
//! A resource says what it looks like (its objects, its requests, what they do to its fields) by implementing [`Shape`],
//! and gets its operations from [`resource!`](crate::shape::resource). The operations themselves are the functions here.

mod macros;
mod paging;

use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, Caller, Idempotent, IfMatch, IfNoneMatch, InvalidRequest, Patch, Reply, created, finish,
    no_content, not_modified, ok,
    openapi::BASE,
    scope::{ReadWorkspace, WriteWorkspace},
};
use deskless_domain::{Clock, Collected, InvalidField, Resource};
use serde::Serialize;

pub use self::paging::{ListQuery, ListWalk, Page};
pub(crate) use macros::{envelope, resource};

/// What a resource looks like on the wire.
pub trait Shape: Collected {
    /// What to make.
    type Create: Deserr<InvalidRequest>;
    /// What to change.
    type Update: Deserr<InvalidRequest> + Send + Sync;

    /// The fields of a new one.
    fn make(request: Self::Create, clock: &dyn Clock) -> Result<Self, InvalidField>;

    /// The fields with the change.
    fn change(self, request: &Self::Update, clock: &dyn Clock) -> Result<Self, InvalidField>;
}

/// How answers are wrapped: one object under its singular name, a page under the plural. [`resource!`] implements it.
pub trait Envelope: Shape {
    /// One of them.
    type One: Serialize + for<'a> From<&'a Resource<Self>>;
    /// A page of them.
    type Many: Serialize + From<Page<Resource<Self>>>;
}

/// One page, oldest first.
pub async fn list<T: Envelope>(caller: &Caller<ReadWorkspace>, query: &ListQuery) -> Reply {
    let walk = query.walk(caller, T::KIND.plural());
    let page = caller.store().list_resources::<T>(walk.after()?, query.limit()).await?;
    ok(None, &T::Many::from(walk.page(page.resources, page.next)))
}

/// A new one.
pub async fn create<T: Envelope>(caller: &Caller<WriteWorkspace>, request: Idempotent<T::Create>) -> Reply {
    let answer = |resource: &Resource<T>| {
        let location = format!("{BASE}/{}/{}", T::KIND.plural(), resource.id);
        created(location, resource.version, &T::One::from(resource))
    };
    let (request, repeat) = request.into_parts(caller, &answer);
    let fields = T::make(request, caller.store().clock()).map_err(InvalidRequest::from)?;
    let outcome = caller.store().create_resource(fields, repeat).await?;
    finish(outcome, answer)
}

/// One of them.
pub async fn get<T: Envelope>(
    caller: &Caller<ReadWorkspace>,
    ApiPath(id): ApiPath<T::Id>,
    known: &IfNoneMatch,
) -> Reply {
    let resource = caller.store().get_resource::<T>(id).await?;
    if known.holds(resource.version) {
        return Ok(not_modified(resource.version));
    }
    ok(Some(resource.version), &T::One::from(&resource))
}

/// One of them, changed.
pub async fn update<T: Envelope>(
    caller: &Caller<WriteWorkspace>,
    ApiPath(id): ApiPath<T::Id>,
    IfMatch(expected): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<T::Update>>,
) -> Reply {
    let store = caller.store();
    let change = |fields: T| fields.change(&request, store.clock());
    let resource = store.update_resource(id, expected, change).await?;
    ok(Some(resource.version), &T::One::from(&resource))
}

/// One of them, gone or archived.
pub async fn delete<T: Envelope>(
    caller: &Caller<WriteWorkspace>,
    ApiPath(id): ApiPath<T::Id>,
    IfMatch(expected): IfMatch,
) -> Reply {
    caller.store().delete_resource::<T>(id, expected).await?;
    Ok(no_content())
}
