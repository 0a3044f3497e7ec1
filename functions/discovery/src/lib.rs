//! The API's description, and the answer to every path that no other function has.

mod describe;

use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes of this group. Whatever else comes here gets the 404 problem.
pub fn router<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S> {
    OpenApiRouter::new().routes(routes!(describe::get_openapi))
}
