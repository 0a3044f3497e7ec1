//! Pages for people: a landing page, and the API reference with try-it-out.

use axum::{
    extract::{Path, rejection::PathRejection},
    response::IntoResponse,
};
use deskless_api::{Code, IfNoneMatch, Problem, Reply};
use http::{HeaderMap, HeaderValue, header};

use crate::packed::{Packed, built};

static INDEX: Packed = page(built!("index.html"));
static DOCS: Packed = page(built!("docs.html"));
static START: Packed = script(built!("docs.js"));
/// `@scalar/api-reference`. `make reference` updates it.
static SCALAR: Packed = script(include_bytes!("../assets/scalar.js.gz"));
static LICENSE: Packed =
    Packed { media_type: "text/plain; charset=utf-8", cache_control: "no-cache", gzipped: built!("scalar.LICENSE") };

/// Allows the page's own files and nothing from other servers. Scalar sets styles from its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const fn page(gzipped: &'static [u8]) -> Packed {
    Packed { media_type: "text/html; charset=utf-8", cache_control: "no-cache", gzipped }
}

const fn script(gzipped: &'static [u8]) -> Packed {
    Packed { media_type: "text/javascript; charset=utf-8", cache_control: "no-cache", gzipped }
}

fn protected(reply: Reply) -> Reply {
    let mut response = reply?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// Retrieve the landing page
///
/// Clients that accept JSON and no HTML get the paths as JSON.
#[utoipa::path(get, path = "/", tag = "Pages", responses((status = 200, description = "The landing page")))]
pub async fn get_index(headers: HeaderMap, _: IfNoneMatch) -> Reply {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("text/html") {
        let paths = serde_json::json!({
            "name": "Deskless",
            "version": env!("CARGO_PKG_VERSION"),
            "reference": "/docs",
            "openapi": "/api/v1/openapi.json",
            "openapiForClientKeys": "/api/v1/openapi-client.json",
        });
        let headers =
            [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache"), (header::VARY, "Accept")];
        return Ok((headers, paths.to_string()).into_response());
    }
    let mut response = protected(INDEX.respond(&headers))?;
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Retrieve the API reference
#[utoipa::path(get, path = "/docs", tag = "Pages", responses((status = 200, description = "The API reference")))]
pub async fn get_docs(headers: HeaderMap, _: IfNoneMatch) -> Reply {
    protected(DOCS.respond(&headers))
}

/// Retrieve a file of the API reference
///
/// Its scripts, and the licence of the one that is not ours.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    tag = "Pages",
    params(("file" = String, Path, description = "The file's name")),
    responses((status = 200, description = "The file")),
)]
pub async fn get_docs_file(file: Result<Path<String>, PathRejection>, headers: HeaderMap, _: IfNoneMatch) -> Reply {
    match file.as_ref().map_or("", |Path(file)| file.as_str()) {
        "docs.js" => START.respond(&headers),
        "scalar.js" => SCALAR.respond(&headers),
        "scalar.LICENSE" => LICENSE.respond(&headers),
        _ => Err(Problem::new(Code::NotFound, "No such file. `/docs` is the API reference.")),
    }
}
