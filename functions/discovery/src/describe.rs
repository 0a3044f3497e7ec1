use axum::response::IntoResponse;
use http::header;

/// The committed OpenAPI document. `make check` compares it with the routes.
const OPENAPI: &str = include_str!("../../../infra/openapi.json");

/// Retrieve the OpenAPI document
///
/// Returns this document in OpenAPI 3.1. Requires no API key.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "Description",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value)),
)]
pub async fn get_openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], OPENAPI)
}
