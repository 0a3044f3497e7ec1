//! Organizations: a workspace is the only one that its keys know.

use deskless_api::{Caller, Problem};

use super::{error::bad_request, query::Query};

/// The name of the field and the parameter.
pub const ORGANIZATION: &str = "organization_id";

/// Checks the organization of a request: if it is sent, it must be the workspace of the key.
///
/// # Errors
/// `BadRequest` when it is another one.
pub fn check<S>(caller: &Caller<S>, organization: Option<&str>) -> Result<(), Problem> {
    let own = caller.store().workspace_id().to_string();
    match organization {
        Some(other) if !other.eq_ignore_ascii_case(&own) => Err(bad_request(
            ORGANIZATION,
            format!("must be the id of the key's workspace, `{own}`. You may leave it out"),
        )),
        _ => Ok(()),
    }
}

/// Checks and removes the organization in a query.
///
/// # Errors
/// `BadRequest` when it is another one.
pub fn take<S>(caller: &Caller<S>, query: &mut Query) -> Result<(), Problem> {
    check(caller, query.take(ORGANIZATION)?.as_deref())
}
