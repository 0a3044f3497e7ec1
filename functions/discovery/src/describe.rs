use axum::response::IntoResponse;
use http::header;

/// The committed description. A test holds it to what the routes say of themselves.
const OPENAPI: &str = include_str!("../../../infra/openapi.json");

/// This document
///
/// OpenAPI 3.1. Needs no key.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "Description",
    security(()),
    responses((status = 200, description = "The description", body = serde_json::Value)),
)]
pub async fn get_openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], OPENAPI)
}
