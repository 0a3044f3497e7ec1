//! Emulates the HTTP API of API Gateway: turns requests into events in payload format 2.0, and responses of functions
//! into HTTP responses.
//!
//! Format: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use deskless_domain::Clock;
use deskless_infra::routes;
use deskless_runtime::SystemClock;
use futures_util::{StreamExt, stream};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::runtime::Invoker;

/// The function of requests without a route, like `$default` in the template.
pub const DEFAULT: &str = "discovery";

/// `Timeout` of the functions in `template.yaml`.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The gateway's limit for a request's body.
const MAX_BODY_SIZE: usize = 10 * 1024 * 1024;

/// How much of a larger body is read, so that the client gets the response instead of a broken connection.
const MAX_DISCARDED: usize = 128 * 1024 * 1024;

/// Returns a router that passes each request to the function that has its route.
pub fn router(invoker: &Invoker) -> Router {
    let mut router = Router::new();
    for function in routes::functions() {
        for path in function.paths {
            let invoker = invoker.clone();
            let name = function.name;
            router =
                router.route(&routes::of_router(&path), any(async move |request| pass(&invoker, name, request).await));
        }
    }
    router
        .fallback(async |State(invoker): State<Invoker>, request: Request| pass(&invoker, DEFAULT, request).await)
        .with_state(invoker.clone())
}

/// Changes a request as the gateway would, for a server without one. Repeated headers are joined. The gateway decodes
/// paths, so an encoded slash ends a segment, and no route has the rest.
pub fn as_passed<B>(mut request: http::Request<B>) -> http::Request<B> {
    let repeated: Vec<_> =
        request.headers().keys().filter(|name| request.headers().get_all(*name).iter().count() > 1).cloned().collect();
    let joined = headers(request.headers());
    for name in repeated {
        if let Some(value) = joined.get(name.as_str()).and_then(|value| HeaderValue::try_from(value).ok()) {
            request.headers_mut().insert(name, value);
        }
    }
    let uri = request.uri();
    if uri.path().to_ascii_lowercase().contains("%2f") {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = uri.path().replace("%2f", "//").replace("%2F", "//");
        if let Ok(uri) = format!("{path}{query}").parse() {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Reads the whole body before the request is handled, as the gateway does, for a server without one. If a handler responds
/// without reading the body, the server would close the connection, and a client that still sends would see a broken pipe.
pub async fn buffer(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read_body(body).await {
        Some(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        None => message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
    }
}

/// Returns the body, or `None` if it is too large or the client has disconnected.
async fn read_body(body: Body) -> Option<Bytes> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut discarded = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.ok()?;
        if discarded == 0 && bytes.len() + chunk.len() <= MAX_BODY_SIZE {
            bytes.extend_from_slice(&chunk);
        } else {
            discarded += chunk.len();
        }
        if discarded > MAX_DISCARDED {
            return None;
        }
    }
    (discarded == 0).then(|| bytes.into())
}

async fn pass(invoker: &Invoker, function: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(body) = read_body(body).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let response = match invoker.invoke(function, &event(&parts, &body), TIMEOUT).await {
        Ok(response) => read(&response, &parts.method),
        Err(error) => Err(error),
    };
    response.unwrap_or_else(|error| {
        eprintln!("{} {}: {function}: {error:#}", parts.method, parts.uri.path());
        message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    })
}

/// An error of the gateway itself.
fn message(status: StatusCode, message: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], json!({ "message": message }).to_string()).into_response()
}

/// Returns the event of a request.
fn event(parts: &Parts, body: &[u8]) -> Value {
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let route =
        parts.extensions.get::<MatchedPath>().map_or("$default".to_owned(), |path| format!("ANY {}", path.as_str()));
    let headers = headers(&parts.headers);
    let clock = SystemClock;
    let host = headers.get("host").cloned().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent").map_or("", String::as_str),
            },
            "requestId": format!("local-{}", clock.now().as_millis()),
            "routeKey": route,
            "stage": "$default",
            "time": clock.now().to_string(),
            "timeEpoch": clock.now().as_millis(),
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<_> = parts.headers.get_all(header::COOKIE).iter().map(text).collect();
    if !cookies.is_empty() {
        let cookies: Vec<_> = cookies.iter().flat_map(|line| line.split(';')).map(str::trim).collect();
        event["cookies"] = json!(cookies);
    }
    if !body.is_empty() {
        match std::str::from_utf8(body) {
            Ok(text) if is_text(&parts.headers) => event["body"] = json!(text),
            _ => {
                event["body"] = json!(BASE64_STANDARD.encode(body));
                event["isBase64Encoded"] = json!(true);
            }
        }
    }
    event
}

/// Returns the headers as the gateway passes them: without cookies, and repeated ones joined with commas.
fn headers(all: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in all.iter().filter(|(name, _)| **name != header::COOKIE) {
        let existing = joined.entry(name.to_string()).or_default();
        if !existing.is_empty() {
            existing.push(',');
        }
        existing.push_str(&text(value));
    }
    joined
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Whether the gateway passes a body of this content type as text. It encodes others as base64.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media_type.as_str())
}

/// A function's response.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

fn read(response: &Bytes, method: &Method) -> Result<Response> {
    let FunctionResponse { status_code, headers, cookies, body, is_base64_encoded } =
        serde_json::from_slice(response).context("the function's response has another format")?;
    let body = body.unwrap_or_default();
    let body = if is_base64_encoded { BASE64_STANDARD.decode(body)? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status_code)?;
    let cookies = cookies.into_iter().map(|cookie| (header::SET_COOKIE.to_string(), cookie));
    for (name, value) in headers.into_iter().chain(cookies) {
        response.headers_mut().append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    if method == Method::HEAD && !response.headers().contains_key(header::CONTENT_LENGTH) {
        // The length that a GET would have is unknown. An empty body would be announced as `Content-Length: 0`.
        *response.body_mut() = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
    }
    Ok(response)
}
