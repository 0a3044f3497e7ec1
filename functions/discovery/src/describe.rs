use deskless_api::{IfNoneMatch, Reply};
use http::HeaderMap;

use crate::packed::{Packed, built};

/// The committed OpenAPI documents. `make check` compares them with the routes.
static SERVER: Packed = document(built!("openapi.json"));
static CLIENT: Packed = document(built!("openapi-client.json"));

const fn document(gzipped: &'static [u8]) -> Packed {
    Packed { media_type: "application/json", cache_control: "public, max-age=300", gzipped }
}

/// Retrieve the OpenAPI document
///
/// Returns this document. Requires no API key.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "Description",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value, headers(
        ("ETag" = String, description = "The version"),
    ))),
)]
pub async fn get_openapi(headers: HeaderMap, _: IfNoneMatch) -> Reply {
    SERVER.respond(&headers)
}

/// Retrieve the client-key document
///
/// Returns the document for client keys. Requires no API key.
#[utoipa::path(
    get,
    path = "/api/v1/openapi-client.json",
    tag = "Description",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value, headers(
        ("ETag" = String, description = "The version"),
    ))),
)]
pub async fn get_client_openapi(headers: HeaderMap, _: IfNoneMatch) -> Reply {
    CLIENT.respond(&headers)
}
