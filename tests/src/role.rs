use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Machine, Specification, TestResponse, caching::check_caching};

/// A caller of the API.
#[derive(Clone)]
pub struct Role<'w> {
    machine: &'w Machine,
    secret: Option<String>,
    token: Option<String>,
}

impl<'w> Role<'w> {
    pub(crate) fn new(machine: &'w Machine, secret: Option<String>) -> Self {
        Self { machine, secret, token: None }
    }

    /// Returns the same caller with a customer token.
    #[must_use]
    pub fn on_behalf_of(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Returns the same caller, served by another process.
    #[must_use]
    pub fn at<'m>(&self, machine: &'m Machine) -> Role<'m> {
        Role { machine, secret: self.secret.clone(), token: self.token.clone() }
    }

    /// Prepares a request.
    pub fn ask(&self, method: Method, path: &str) -> PreparedRequest<'w> {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        if let Some(secret) = &self.secret {
            let value = format!("Bearer {secret}").parse().expect("a header");
            request.headers_mut().insert("authorization", value);
        }
        if let Some(token) = &self.token {
            request.headers_mut().insert("x-customer-token", token.parse().expect("a header"));
        }
        PreparedRequest { machine: self.machine, request, validated: true, json_body: String::new() }
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> TestResponse {
        self.ask(Method::GET, path).send().await
    }

    /// Sends a POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> TestResponse {
        self.ask(Method::POST, path).json(body).send().await
    }

    /// Sends a PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> TestResponse {
        self.ask(Method::PATCH, path).json(body).send().await
    }

    /// Creates a conversation and returns it.
    pub async fn open(&self, body: &Value) -> Value {
        self.post("/api/v1/conversations", body).await.expect(201)["conversation"].clone()
    }

    /// Creates a minimal conversation and returns its path.
    pub async fn open_path(&self) -> String {
        let conversation = self.open(&crate::minimal_conversation()).await;
        format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("an id"))
    }
}

/// A request that has not been sent yet.
#[must_use = "call `send`"]
pub struct PreparedRequest<'w> {
    machine: &'w Machine,
    request: Request<Body>,
    validated: bool,
    /// The JSON body, for the recording.
    json_body: String,
}

impl PreparedRequest<'_> {
    /// Sets a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().expect("a header"));
        self
    }

    /// Adds a header without replacing one of the same name.
    pub fn append_header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, value.parse().expect("a header"));
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.json_body = body.to_string();
        let json_body = self.json_body.clone();
        self.body("application/json", json_body)
    }

    /// Sets the body and its content type.
    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", content_type)
    }

    /// Skips the validation against the OpenAPI document, for example because the response is compressed.
    pub fn skip_validation(mut self) -> Self {
        self.validated = false;
        self
    }

    /// Advances the clock by a second, sends the request and validates the response.
    pub async fn send(self) -> TestResponse {
        self.machine.clock.advance_millis(1000);
        self.send_now().await
    }

    /// Sends the request without advancing the clock, and validates the response.
    pub async fn send_now(self) -> TestResponse {
        let (method, path) = (self.request.method().clone(), self.request.uri().path().to_owned());
        let query = self.request.uri().query().unwrap_or_default().to_owned();
        let names: Vec<_> = self.request.headers().keys().map(ToString::to_string).collect();
        let keys = ["authorization", "x-api-key"].into_iter().filter_map(|name| self.request.headers().get(name));
        let is_client = keys.filter_map(|key| key.to_str().ok()).any(|key| key.contains("dsk_cl_"));
        let response = self.machine.router().oneshot(self.request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let answer = TestResponse { status: parts.status, headers: parts.headers, bytes };
        self.machine.secrets.note_exchange(&self.json_body, &answer);
        self.machine.record(|| {
            let route = Specification::committed().path_of(&path).unwrap_or_default();
            let answered: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            let body = String::from_utf8_lossy(&answer.bytes);
            format!(
                "{method} {route}\n{path}?{query}\n{}\n{}\n{}\n{}\n{body}\n",
                names.join(" "),
                self.json_body,
                answer.status,
                answered.join(" "),
            )
        });
        check_caching(&format!("{method} {path}"), &answer);
        if self.validated {
            Specification::check_response(is_client, &method, &path, &answer);
        }
        answer
    }
}
