//! The edge of dialects: other services' wire formats over the same use cases.
//!
//! A dialect has its own paths, request types, responses and error bodies. Authentication, scopes, rate limits, idempotency keys
//! and the log line are those of every other route, because a dialect's operations take the same extractors.

use axum::{
    extract::Request,
    handler::Handler,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{MethodRouter, on},
};
use deskless_domain::authorization::Access;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use crate::{
    ApiState, Code, Guard, Problem, Reply, Routes,
    layers::Extra,
    operations::Arguments,
    reply::{self},
};

/// The path before the name of a dialect.
pub const DIALECTS: &str = "/dialects";

/// Another service's API, which its clients reach under `/dialects/{name}`.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The name in the path.
    pub name: &'static str,
    /// The header in which the service's clients send their key, if it is neither `Authorization` nor `X-API-Key`. In lower case.
    pub key_header: Option<&'static str>,
    /// Returns the service's error body for a problem.
    pub error: ErrorFormat,
    /// Returns the operations.
    pub operations: fn() -> Operations,
}

/// Turns a problem into a service's error. `request_id` is the id of the request, which the log has too.
pub type ErrorFormat = fn(problem: &Problem, request_id: &str) -> ErrorBody;

/// A service's error: what it sends instead of a problem document.
#[derive(Debug, Clone)]
pub struct ErrorBody {
    /// The status code, usually that of the problem's code.
    pub status: StatusCode,
    /// The JSON body.
    pub body: Value,
}

/// An operation of a dialect: what a test needs in order to call every one of them.
#[derive(Debug, Clone)]
pub struct DialectOperation {
    /// The method.
    pub method: Method,
    /// The path behind the dialect's base URL, with parameters as `{name}`.
    pub path: &'static str,
    /// What the operation requires of an API key. Public operations require nothing.
    pub access: Option<Access>,
}

/// The operations of a dialect.
#[derive(Debug, Default)]
pub struct Operations {
    routes: Vec<(&'static str, MethodRouter<ApiState>)>,
    list: Vec<DialectOperation>,
}

impl Operations {
    /// Adds an operation. The type of its first argument declares what it requires of an API key.
    #[must_use]
    pub fn on<H, T>(mut self, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ApiState>,
        T: Arguments + 'static,
    {
        self.list.push(DialectOperation { method: method.clone(), path, access: Some(T::Principal::ACCESS) });
        self.with(method, path, handler)
    }

    /// Adds an operation that needs no API key, such as a health check.
    #[must_use]
    pub fn on_public<H, T>(mut self, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ApiState>,
        T: 'static,
    {
        self.list.push(DialectOperation { method: method.clone(), path, access: None });
        self.with(method, path, handler)
    }

    fn with<H, T>(mut self, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, ApiState>,
        T: 'static,
    {
        let filter = method.try_into().expect("dialects use the methods that axum knows");
        self.routes.push((path, on(filter, handler)));
        self
    }
}

impl Dialect {
    /// Returns the path before this dialect's own paths.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{DIALECTS}/{}", self.name)
    }

    /// Returns the operations, with paths behind [`Self::base`].
    #[must_use]
    pub fn operations(&self) -> Vec<DialectOperation> {
        (self.operations)().list
    }

    /// Returns the routes under [`Self::base`]. Every other path there gets the service's own 404, and every other method its 405.
    pub fn routes(self) -> Routes {
        let base = self.base();
        let not_found = async || Problem::new(Code::NotFound, "No such route.");
        let routes = (self.operations)()
            .routes
            .into_iter()
            .fold(Routes::new(), |routes, (path, handlers)| routes.route(&format!("{base}{path}"), handlers));
        routes
            .route(&format!("{base}/{{*path}}"), axum::routing::any(not_found))
            .method_not_allowed_fallback(|method: Method| async move {
                Problem::new(Code::MethodNotAllowed, format!("This route does not support {method}."))
            })
            .layer(from_fn(move |request: Request, next: Next| self.translate(request, next)))
    }

    /// Sets the error format of a request, and moves its key to the header where it is read.
    async fn translate(self, mut request: Request, next: Next) -> Response {
        if let Some(extra) = request.extensions().get::<Extra>() {
            extra.set_error_format(self.error);
        }
        if let Some(name) = self.key_header {
            // Servers that pass headers to their programs as variables do not tell `_` from `-`, so clients send either.
            for name in [name.to_owned(), name.replace('_', "-")] {
                if let Some(key) = request.headers_mut().remove(&name) {
                    request.headers_mut().append(HeaderName::from_static("x-api-key"), key);
                }
            }
        }
        next.run(request).await
    }
}

impl ErrorBody {
    /// Returns an error with the status code of the problem.
    #[must_use]
    pub fn new(problem: &Problem, body: Value) -> Self {
        Self { status: problem.code().status(), body }
    }

    pub(crate) fn response(&self) -> Response {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (self.status, json, self.body.to_string()).into_response()
    }
}

/// Returns a response with this status code and this body, without the headers of our own API.
///
/// # Errors
/// `internal_error` when the body cannot be serialized.
pub fn respond(status: StatusCode, body: &impl Serialize) -> Reply {
    reply::plain(status, body)
}
