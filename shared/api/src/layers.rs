//! The layers around every operation: request ids, the log line, problem documents and CORS. `caching` is the outermost one.

use std::{
    mem,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use deskless_domain::{Clock, Existing, KeyKind, RequestId, authorization};
use deskless_store::{Credential, StoreError};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{Any, CorsLayer},
};

use crate::{Code, Problem, caching, dialect::ErrorFormat, problem::location, throttle::Bill};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The timeout of a request. It is shorter than the 15 s timeout of the Lambda functions, which would end the request without
/// a response and without a log line.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(13);

/// The ids by which AWS names a request, for the log line. Absent on local servers.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Lambda's request id, which is in Lambda's own log lines.
    pub lambda: String,
    /// The gateway's request id, which is in the access log.
    pub gateway: Option<String>,
}

/// The id of a request and its authenticated API key, for the log line and the audit log.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    request_id: Arc<str>,
    key: Arc<OnceLock<Credential>>,
}

impl Trace {
    fn new(request_id: &str) -> Self {
        Self { request_id: request_id.into(), key: Arc::default() }
    }

    /// Returns the id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Returns whether the caller may learn which object a request conflicts with: a server key with the scope to read it.
    fn may_see(&self, existing: Existing) -> bool {
        self.key.get().is_some_and(|key| key.kind == KeyKind::Server && authorization::may_see(key, existing.scope()))
    }

    /// Records the API key of the request.
    pub fn identify(&self, credential: &Credential) {
        let _ = self.key.set(credential.clone());
    }
}

/// What extractors decide about the response: headers, which are sent with every response, errors included, whether the response
/// may show the resource, the limits to which the work of the request is charged, and the format of errors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    headers: Arc<Mutex<HeaderMap>>,
    hides_resource: Arc<AtomicBool>,
    bill: Arc<Mutex<Option<Bill>>>,
    error_format: Arc<OnceLock<ErrorFormat>>,
}

/// Marks a response that only this request can get, such as one with a new secret. It is sent even if the key may not read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShownOnce;

impl Extra {
    /// Returns the headers of this request.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Sets a header of the response.
    pub fn set(&self, name: HeaderName, value: HeaderValue) {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).insert(name, value);
    }

    /// Sets the limits to which the work of the request is charged.
    pub fn bill(&self, bill: Bill) {
        *self.bill.lock().unwrap_or_else(PoisonError::into_inner) = Some(bill);
    }

    /// Sets how errors are sent. Without it, they are problem documents.
    pub fn set_error_format(&self, format: ErrorFormat) {
        let _ = self.error_format.set(format);
    }

    /// Leaves the resource out of a successful response: the key may write it, but not read it.
    pub fn hide_resource(&self) {
        self.hides_resource.store(true, Ordering::Relaxed);
    }

    /// Replaces a successful response by one without the resource, if the key may not read it. `Location` and `ETag` stay.
    fn hidden(&self, response: Response) -> Response {
        let is_shown = response.extensions().get::<ShownOnce>().is_some();
        if !self.hides_resource.load(Ordering::Relaxed) || is_shown || !response.status().is_success() {
            return response;
        }
        let mut without = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers().iter();
        let kept = headers.filter(|(name, _)| ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name));
        without.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        without
    }

    fn take(&self) -> (HeaderMap, Option<Bill>) {
        let headers = mem::take(&mut *self.headers.lock().unwrap_or_else(PoisonError::into_inner));
        (headers, self.bill.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

/// Adds the common layers to a group's routes, and their state.
pub fn serve<S: Clone + Send + Sync + 'static>(routes: Router<S>, state: S, clock: Arc<dyn Clock>) -> Router {
    routes
        .fallback(|| async {
            Problem::new(Code::NotFound, "No such route. `GET /api/v1/openapi.json` lists all routes.")
        })
        .method_not_allowed_fallback(|method: Method| async move {
            let detail = format!("This route does not support `{method}`. The `Allow` header lists the methods.");
            Problem::new(Code::MethodNotAllowed, detail)
        })
        // For servers that handle many requests at a time. In a deployed function, a panic ends the process (see the release
        // profile) and the gateway responds.
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Problem::internal("a handler panicked").into_response()
        }))
        .layer(from_fn_with_state(clock, finish_request))
        .layer(cors())
        .layer(from_fn(caching::finish))
        .with_state(state)
}

/// Sets the request id, renders problems and writes the log line.
async fn finish_request(State(clock): State<Arc<dyn Clock>>, mut request: Request, next: Next) -> Response {
    let started = clock.now();
    let id = request_id(request.headers()).unwrap_or_else(|| RequestId::generate(&*clock).to_string());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let invocation = request.extensions().get::<Invocation>().cloned();
    let trace = Trace::new(&id);
    let extra = Extra::default();
    request.extensions_mut().insert(trace.clone());
    request.extensions_mut().insert(extra.clone());

    let mut response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(StoreError::Unavailable("the request timed out".to_owned())).into_response(),
    };

    response = extra.hidden(response);
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let existing = problem.existing().filter(|existing| trace.may_see(*existing));
        response = match extra.error_format.get() {
            Some(format) => with_headers(format(problem, &id).response(), response.headers()),
            None => render(problem, &id, existing, response.headers()),
        };
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let (mut headers, bill) = extra.take();
    if let Some(bill) = bill {
        bill.settle(&mut headers).await;
    }
    response.headers_mut().extend(headers);
    let (workspace, key) = trace.key.get().map(|key| (key.workspace_id.to_string(), key.id.to_string())).unzip();
    let status = response.status().as_u16();
    let millis = clock.now().as_millis() - started.as_millis();
    let code = problem.as_ref().map(|problem| problem.code().as_str());
    let error = problem.as_ref().and_then(Problem::log);
    let route = route.as_deref();
    let lambda_request_id = invocation.as_ref().map(|ids| ids.lambda.as_str());
    let gateway_request_id = invocation.as_ref().and_then(|ids| ids.gateway.as_deref());
    if status >= 500 {
        tracing::error!(
            %method, route, status, millis, request_id = id, lambda_request_id, gateway_request_id, workspace, key, code, error,
            "request"
        );
    } else {
        tracing::info!(
            %method, route, status, millis, request_id = id, lambda_request_id, gateway_request_id, workspace, key, code,
            "request"
        );
    }
    response
}

/// Adds the headers of the problem to a response in the format of a dialect.
fn with_headers(mut response: Response, headers: &HeaderMap) -> Response {
    let kept = headers.iter().filter(|(name, _)| **name != header::CONTENT_LENGTH);
    response.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    response
}

fn render(problem: &Problem, id: &str, existing: Option<Existing>, headers: &HeaderMap) -> Response {
    let document = problem.document(id, existing);
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let mut response = (problem.code().status(), body).into_response();
    *response.headers_mut() = headers.clone();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let content_type = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    if let Some(Ok(location)) = existing.map(|existing| HeaderValue::try_from(location(existing))) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns the request id that the caller sent, if it is valid: 1 to 64 characters of `A-Za-z0-9._-`.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    ((1..=64).contains(&id.len()) && id.chars().all(allowed)).then(|| id.to_owned())
}

/// Returns the CORS layer. `template.yaml` configures the gateway with the same values, which replace these headers. Preflight
/// requests still reach the function, because its routes match every method, OPTIONS included. Local servers have no gateway.
fn cors() -> CorsLayer {
    let exposed = [
        "etag",
        "location",
        "allow",
        "accept-patch",
        "accept-post",
        "retry-after",
        "www-authenticate",
        "x-request-id",
        "idempotent-replayed",
        "ratelimit",
        "ratelimit-policy",
        "x-customer-token",
        "x-total-exact",
        "x-has-more",
    ];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers(
            [
                "api_access_token",
                "authorization",
                "content-type",
                "idempotency-key",
                "if-match",
                "if-none-match",
                "x-api-key",
                "x-customer-token",
                "x-request-id",
            ]
            .map(HeaderName::from_static),
        )
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_hours(24))
}
