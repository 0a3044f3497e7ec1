use deskless_domain::Scope;
use http::Method;

use crate::authorization::fixture::{Call, Fixture};

/// The scopes that the calls need besides the one that their operation declares, by method and path.
pub const MORE: &[(&str, &[Scope])] = &[];

/// Returns a call of an operation that succeeds with a server key, on new resources.
pub async fn call(_fixture: &Fixture<'_>, method: &Method, path: &str) -> Call {
    panic!("{method} {path}: add a call here")
}
