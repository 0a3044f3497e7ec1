//! The shape that all small collections share, written once: list, create, retrieve, change, delete.
//!
//! A resource says what it looks like (its objects, its requests, what they do to its fields) by implementing [`Shape`],
//! and gets its operations from [`resource!`](crate::resource). The operations themselves are the functions here.

mod macros;
mod paging;

use deserr::Deserr;
use deskless_domain::{Clock, Collected, InvalidField, Resource};
use serde::Serialize;

use crate::{
    ApiJson, ApiPath, Caller, Idempotent, IfMatch, IfNoneMatch, InvalidRequest, Patch, Reply, created, finish,
    no_content, not_modified, ok, openapi::BASE,
};

pub use self::paging::{ListQuery, ListWalk, Page};

/// What a resource looks like on the wire. Its object implements it, which is the function's own type.
pub trait Shape {
    /// What is behind it.
    type Fields: Collected;
    /// What to make.
    type Create: Deserr<InvalidRequest>;
    /// What to change.
    type Update: Deserr<InvalidRequest> + Send + Sync;

    /// The fields of a new one.
    ///
    /// # Errors
    /// Where fields that are right by themselves do not go together.
    fn make(request: Self::Create, clock: &dyn Clock) -> Result<Self::Fields, InvalidField>;

    /// The fields with the change.
    ///
    /// # Errors
    /// Where the change does not go with what is there.
    fn change(fields: Self::Fields, request: &Self::Update, clock: &dyn Clock) -> Result<Self::Fields, InvalidField>;
}

/// How answers are wrapped: one object under its singular name, a page under the plural. [`resource!`](crate::resource) implements it.
pub trait Envelope: Shape {
    /// One of them.
    type One: Serialize + for<'a> From<&'a Resource<Self::Fields>>;
    /// A page of them.
    type Many: Serialize + From<Page<Resource<Self::Fields>>>;
}

type Id<T> = <<T as Shape>::Fields as Collected>::Id;

/// One page, oldest first.
///
/// # Errors
/// `invalid_cursor`.
pub async fn list<T: Envelope, S>(caller: &Caller<S>, query: &ListQuery) -> Reply {
    let walk = query.walk(caller, <T::Fields as Collected>::KIND.plural());
    let page = caller.store().list_resources::<T::Fields>(walk.after()?, query.limit()).await?;
    ok(None, &T::Many::from(walk.page(page.resources, page.next)))
}

/// A new one.
///
/// # Errors
/// What [`Shape::make`] refuses; `conflict` where there are too many of the kind.
pub async fn create<T: Envelope, S>(caller: &Caller<S>, request: Idempotent<T::Create>) -> Reply {
    let answer = |resource: &Resource<T::Fields>| {
        let location = format!("{BASE}/{}/{}", <T::Fields as Collected>::KIND.plural(), resource.id);
        created(location, resource.version, &T::One::from(resource))
    };
    let (request, repeat) = request.into_parts(caller, &answer);
    let fields = T::make(request, caller.store().clock()).map_err(InvalidRequest::from)?;
    let outcome = caller.store().create_resource(fields, repeat).await?;
    finish(outcome, answer)
}

/// One of them.
///
/// # Errors
/// `not_found`.
pub async fn get<T: Envelope, S>(caller: &Caller<S>, ApiPath(id): ApiPath<Id<T>>, known: &IfNoneMatch) -> Reply {
    let resource = caller.store().get_resource::<T::Fields>(id).await?;
    if known.holds(resource.version) {
        return Ok(not_modified(resource.version));
    }
    ok(Some(resource.version), &T::One::from(&resource))
}

/// One of them, changed.
///
/// # Errors
/// `not_found`, `version_mismatch`, what [`Shape::change`] refuses; `conflict` where it is archived.
pub async fn update<T: Envelope, S>(
    caller: &Caller<S>,
    ApiPath(id): ApiPath<Id<T>>,
    IfMatch(expected): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<T::Update>>,
) -> Reply {
    let store = caller.store();
    let change = |fields| T::change(fields, &request, store.clock());
    let resource = store.update_resource(id, expected, change).await?;
    ok(Some(resource.version), &T::One::from(&resource))
}

/// One of them, gone or archived.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub async fn delete<T: Envelope, S>(
    caller: &Caller<S>,
    ApiPath(id): ApiPath<Id<T>>,
    IfMatch(expected): IfMatch,
) -> Reply {
    caller.store().delete_resource::<T::Fields>(id, expected).await?;
    Ok(no_content())
}
