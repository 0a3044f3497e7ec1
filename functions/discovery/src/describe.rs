use std::sync::LazyLock;

use axum::response::IntoResponse;
use deskless_api::{IfNoneMatch, Reply, content_version, not_modified, version_tag};
use http::{HeaderValue, header};

/// The OpenAPI documents, which `build.rs` copies from `infra/` without white space.
static SERVER: LazyLock<Document> =
    LazyLock::new(|| Document::new(include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))));
static CLIENT: LazyLock<Document> =
    LazyLock::new(|| Document::new(include_str!(concat!(env!("OUT_DIR"), "/openapi-client.json"))));

/// A document with its version.
struct Document {
    text: &'static str,
    version: u64,
}

impl Document {
    fn new(text: &'static str) -> Self {
        // A text can always be serialized.
        Self { text, version: content_version(&text).unwrap_or_default() }
    }

    fn respond(&self, known: &IfNoneMatch) -> Reply {
        let mut response = if known.holds(self.version) {
            not_modified(self.version)
        } else {
            let headers =
                [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, version_tag(self.version))];
            (headers, self.text).into_response()
        };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        Ok(response)
    }
}

/// Retrieve the OpenAPI document
///
/// Returns this document, which describes the API for server keys, in OpenAPI 3.1. Requires no API key.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "Description",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value, headers(
        ("ETag" = String, description = "The version"),
    ))),
)]
pub async fn get_openapi(known: IfNoneMatch) -> Reply {
    SERVER.respond(&known)
}

/// Retrieve the client-key document
///
/// Returns the document that describes the API for client keys, in OpenAPI 3.1. Requires no API key.
#[utoipa::path(
    get,
    path = "/api/v1/openapi-client.json",
    tag = "Description",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value, headers(
        ("ETag" = String, description = "The version"),
    ))),
)]
pub async fn get_client_openapi(known: IfNoneMatch) -> Reply {
    CLIENT.respond(&known)
}
