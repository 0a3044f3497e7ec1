//! What the ports of the local stack answer.
//!
//! Every web page that a browser shows can send requests to the ports of this computer. A page can also give its own name
//! the address 127.0.0.1 later (DNS rebinding), so that the browser takes its requests for requests of the same origin. The
//! ports therefore check the `Host` header, and the ports that no page needs refuse what browsers send for pages.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;

use crate::s3::BUCKET;

/// The names of this computer that a `Host` header may have. A web page cannot have one of them.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Answers requests whose `Host` is this computer, or one of these further names. For the port of the API, which web pages
/// may call.
pub async fn local_host(State(allowed): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    match host(&request) {
        Some(host) if LOCAL.contains(&host.as_str()) || allowed.contains(&host) => next.run(request).await,
        _ => refused("`Host` must be localhost, 127.0.0.1 or [::1]. Allow another name with `--allowed-host`"),
    }
}

/// Answers requests of programs on this computer. For the ports of the engine and of the runtime API.
pub async fn local_programs(request: Request, next: Next) -> Response {
    if let Some(refused) = foreign_host(&request) {
        return refused;
    }
    if is_of_web_page(request.headers()) {
        return refused("web pages cannot use this port");
    }
    next.run(request).await
}

/// Answers requests of programs on this computer, and the uploads and downloads of web pages: what the CORS rules of the
/// bucket in the template allow. The signatures of uploads and downloads are checked afterwards. The credentials of the local
/// stack are known to everybody, so pages must not list objects or do anything else with them.
pub async fn local_programs_and_files(request: Request, next: Next) -> Response {
    if let Some(refused) = foreign_host(&request) {
        return refused;
    }
    let is_of_page = is_of_web_page(request.headers());
    if is_of_page && !is_upload_or_download(&request) {
        return refused("web pages can only upload and download files");
    }
    next.run(request).await
}

fn is_upload_or_download(request: &Request) -> bool {
    let path = request.uri().path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let is_signed = request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="));
    bucket == BUCKET
        && match *request.method() {
            Method::OPTIONS => true,
            Method::POST => key.is_empty(),
            Method::GET | Method::HEAD => !key.is_empty() && is_signed,
            _ => false,
        }
}

fn foreign_host(request: &Request) -> Option<Response> {
    let is_local = host(request).is_some_and(|host| LOCAL.contains(&host.as_str()));
    (!is_local).then(|| refused("`Host` must be localhost, 127.0.0.1 or [::1]"))
}

/// Returns the name in the `Host` header, without the port.
fn host(request: &Request) -> Option<String> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, other) = (hosts.next(), hosts.next());
    if other.is_some() {
        return None;
    }
    let host =
        host.map_or_else(|| request.uri().authority().map(http::uri::Authority::as_str), |host| host.to_str().ok())?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    Some(name.to_ascii_lowercase())
}

/// Returns whether a browser sends this request for a web page. `Origin` is not sent for images and links, `Sec-Fetch-Site`
/// always is. It is `none` for an address that the user typed.
fn is_of_web_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.get("sec-fetch-site").is_some_and(|site| site != "none")
}

fn refused(message: &str) -> Response {
    (StatusCode::FORBIDDEN, axum::Json(json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};

    use super::{LOCAL, host, is_upload_or_download};

    fn with_host(value: &str) -> Request {
        Request::get("/").header("host", value).body(Body::empty()).expect("a request")
    }

    #[test]
    fn only_names_of_this_computer_are_local() {
        let is_local = |value: &str| host(&with_host(value)).is_some_and(|host| LOCAL.contains(&host.as_str()));
        for local in ["localhost", "LocalHost:9000", "127.0.0.1", "127.0.0.1:9001", "[::1]", "[::1]:9002"] {
            assert!(is_local(local), "{local}");
        }
        for foreign in
            ["", ":9000", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:9000", "localhost:a", "::1"]
        {
            assert!(!is_local(foreign), "{foreign}");
        }
        let two = Request::get("/").header("host", "localhost").header("host", "evil.example");
        assert_eq!(host(&two.body(Body::empty()).expect("a request")), None);
        assert_eq!(host(&Request::get("/").body(Body::empty()).expect("a request")), None);
    }

    #[test]
    fn web_pages_upload_and_download_only() {
        let allowed = |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
            is_upload_or_download(&request)
        };
        assert!(allowed("POST", "/deskless-files"));
        assert!(allowed("GET", "/deskless-files/files/a?X-Amz-Signature=b"));
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/deskless-files"),
            ("GET", "/deskless-files/?list-type=2&X-Amz-Signature=b"),
            ("GET", "/deskless-files/files/a"),
            ("PUT", "/deskless-files/files/a?X-Amz-Signature=b"),
            ("DELETE", "/deskless-files/files/a?X-Amz-Signature=b"),
            ("POST", "/deskless-files/a?uploads"),
            ("GET", "/deskless-failed-events/a?X-Amz-Signature=b"),
            ("POST", "/deskless-failed-events"),
        ] {
            assert!(!allowed(method, path), "{method} {path}");
        }
    }
}
