//! The OpenAPI documents, the pages for people, and the 404 response for unknown routes.

mod describe;
mod packed;
mod pages;

use utoipa_axum::{router::OpenApiRouter, routes};

/// Returns the routes of this group. Requests for unknown routes reach it too and get a 404.
pub fn router<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S> {
    OpenApiRouter::new()
        .routes(routes!(describe::get_openapi))
        .routes(routes!(describe::get_client_openapi))
        .routes(routes!(pages::get_index))
        .routes(routes!(pages::get_docs))
        .routes(routes!(pages::get_docs_file))
}
