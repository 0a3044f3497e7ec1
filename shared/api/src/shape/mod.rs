//! The operations that all small collections share: list, create, retrieve, update, delete.
//!
//! A resource implements [`Shape`] with its object, its requests and their effect, and [`resource!`](crate::resource) defines its
//! operations, which call the functions in this module.

mod macros;
mod paging;

use deserr::Deserr;
use deskless_app::resources;
use deskless_domain::{Clock, Collected, InvalidField, Resource};
use serde::Serialize;

use crate::{
    ApiJson, ApiPath, Caller, Idempotent, IfMatch, InvalidRequest, Patch, Reply, created, no_content, ok,
    openapi::BASE, replayed,
};

pub use self::paging::{ListCursor, ListQuery, Page};

/// The wire format of a resource. Its object type implements this.
pub trait Shape {
    /// The fields of the resource.
    type Fields: Collected;
    /// The request that creates one.
    type Create: Deserr<InvalidRequest>;
    /// The request that updates one.
    type Update: Deserr<InvalidRequest> + Send + Sync;

    /// Returns the fields of a new resource.
    ///
    /// # Errors
    /// When fields contradict each other.
    fn make(request: Self::Create, clock: &dyn Clock) -> Result<Self::Fields, InvalidField>;

    /// Returns the fields after an update.
    ///
    /// # Errors
    /// When the update contradicts the stored fields.
    fn change(fields: Self::Fields, request: &Self::Update, clock: &dyn Clock) -> Result<Self::Fields, InvalidField>;
}

/// The response types: a resource under its singular name, a page under its plural name. [`resource!`](crate::resource)
/// implements it.
pub trait Envelope: Shape {
    /// The response with one resource.
    type One: Serialize + for<'a> From<&'a Resource<Self::Fields>>;
    /// The response with a page of resources.
    type Many: Serialize + From<Page<Resource<Self::Fields>>>;
}

type Id<T> = <<T as Shape>::Fields as Collected>::Id;

/// Lists resources, oldest first.
///
/// # Errors
/// `invalid_cursor`.
pub async fn list<T: Envelope, S>(caller: &Caller<S>, query: &ListQuery) -> Reply {
    let cursor = query.list_cursor(caller, <T::Fields as Collected>::KIND.plural());
    let page = resources::list::<T::Fields>(caller.store(), cursor.after()?, query.limit()).await?;
    ok(None, &T::Many::from(cursor.page(page.resources, page.next)))
}

/// Creates a resource.
///
/// # Errors
/// What [`Shape::make`] rejects; `conflict` when there are too many of the kind.
pub async fn create<T: Envelope, S>(caller: &Caller<S>, request: Idempotent<T::Create>) -> Reply {
    let (request, key) = request.into_parts(caller);
    let fields = T::make(request, caller.store().clock()).map_err(InvalidRequest::from)?;
    let once = resources::create(caller.store(), fields, key.as_ref()).await?;
    let resource = &once.outcome;
    let location = format!("{BASE}/{}/{}", <T::Fields as Collected>::KIND.plural(), resource.id);
    replayed(once.is_replay, created(location, resource.version, &T::One::from(resource)))
}

/// Retrieves a resource.
///
/// # Errors
/// `not_found`.
pub async fn get<T: Envelope, S>(caller: &Caller<S>, ApiPath(id): ApiPath<Id<T>>) -> Reply {
    let resource = resources::get::<T::Fields>(caller.store(), id).await?;
    ok(resource.version, &T::One::from(&resource))
}

/// A request as a patch of the fields.
struct Update<'r, T: Shape>(&'r T::Update);

impl<T: Shape> resources::Patch<T::Fields> for Update<'_, T> {
    fn apply(&self, fields: T::Fields, clock: &dyn Clock) -> Result<T::Fields, InvalidField> {
        T::change(fields, self.0, clock)
    }
}

/// Updates a resource.
///
/// # Errors
/// `not_found`, `version_mismatch`, what [`Shape::change`] rejects; `conflict` when it is archived.
pub async fn update<T: Envelope, S>(
    caller: &Caller<S>,
    ApiPath(id): ApiPath<Id<T>>,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<T::Update>>,
) -> Reply {
    let resource = resources::update(caller.store(), id, &Update::<T>(&request), &precondition).await?;
    ok(resource.version, &T::One::from(&resource))
}

/// Deletes or archives a resource.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub async fn delete<T: Envelope, S>(
    caller: &Caller<S>,
    ApiPath(id): ApiPath<Id<T>>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    resources::delete::<T::Fields>(caller.store(), id, &precondition).await?;
    Ok(no_content())
}
