//! What every response says to caches and browsers, compression, and 304 responses (RFC 9110, sections 12.5.5, 13.1.2 and 15.4.5;
//! RFC 9111, section 5.2.2).

use std::convert::Infallible;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    encoding,
    precondition::{GZIP_SUFFIX, is_held},
};

/// For responses with secrets, such as a new API key, a signed form or a customer token.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// For all other responses to API keys: only the client's own cache may store them, and it asks before it uses one.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The request headers that select a response to an API key. `Origin` is one because a key can have `allowedOrigins`.
const VARY: &str = "Accept-Encoding, Authorization, Origin, X-API-Key, X-Customer-Token";
/// The request headers that select a public document.
const VARY_PUBLIC: &str = "Accept-Encoding";
/// The request headers that select a public document of two types.
const VARY_PAGE: &str = "Accept, Accept-Encoding";
const FORWARDED_PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");
const CUSTOMER_TOKEN: HeaderName = HeaderName::from_static("x-customer-token");
/// Browsers use HTTPS for this host for a year. Only sent over HTTPS (RFC 6797, section 7.2).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Marks a response that holds a secret: no cache may store it.
pub(crate) fn forbid_storing(response: &mut Response) {
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
}

/// The outermost layer: sets the headers for caches, compresses, and turns a 200 that the client has into a 304.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let may_be_unchanged = request.method() == Method::GET || request.method() == Method::HEAD;
    let is_head = request.method() == Method::HEAD;
    let is_https = request.headers().get(FORWARDED_PROTOCOL).is_some_and(|value| value.as_bytes() == b"https");
    let headers = request.headers().clone();
    let (mut parts, body) = next.run(request).await.into_parts();
    // Every body is in memory, so reading it cannot fail. That of a HEAD is here too: the router drops it after its layers.
    let mut body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    describe(&mut parts.headers, is_https);
    let is_compressed = encoding::applies(&headers, &parts.headers, &body);
    // Some documents are compressed already.
    if is_compressed || parts.headers.contains_key(header::CONTENT_ENCODING) {
        mark_tag(&mut parts.headers);
    }
    let client_has_it =
        may_be_unchanged && parts.status == StatusCode::OK && is_held(&headers, parts.headers.get(header::ETAG));
    if client_has_it {
        parts.status = StatusCode::NOT_MODIFIED;
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
            parts.headers.remove(name);
        }
        return Response::from_parts(parts, without_length());
    }
    if parts.status == StatusCode::NO_CONTENT {
        return Response::from_parts(parts, without_length());
    }
    if is_compressed && let Some(compressed) = encoding::gzip(&body) {
        body = compressed.into();
        parts.headers.insert(header::CONTENT_ENCODING, encoding::coding());
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let body = if is_head { Body::empty() } else { Body::from(body) };
    Response::from_parts(parts, body)
}

/// Returns an empty body without a known length. The router would announce a known one as `Content-Length: 0`, which a 204 must
/// not have, and a 304 only if it is the length of the 200 (RFC 9110, section 8.6).
fn without_length() -> Body {
    Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
}

/// Sets `Cache-Control`, unless the operation did: only public documents have one of their own. Sets `Vary`, `X-Content-Type-Options` and, over HTTPS, `Strict-Transport-Security`.
fn describe(headers: &mut HeaderMap, is_https: bool) {
    let control = headers.get(header::CACHE_CONTROL).cloned();
    let is_public = control.is_some_and(|control| control != NO_STORE && control != REVALIDATE);
    if headers.contains_key(CUSTOMER_TOKEN) {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    } else {
        headers.entry(header::CACHE_CONTROL).or_insert(REVALIDATE);
    }
    let vary = match headers.get(header::VARY).map(HeaderValue::as_bytes) {
        Some(b"Accept") if is_public => VARY_PAGE,
        _ if is_public => VARY_PUBLIC,
        _ => VARY,
    };
    headers.insert(header::VARY, HeaderValue::from_static(vary));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

/// Marks the entity tag of a compressed response: a strong tag identifies exact bytes (RFC 9110, section 8.8.3.3).
fn mark_tag(headers: &mut HeaderMap) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()).and_then(|tag| tag.strip_suffix('"'));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(format!("{tag}{GZIP_SUFFIX}\"")).ok()) {
        headers.insert(header::ETAG, tag);
    }
}
