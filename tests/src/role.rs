use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Answer, Machine, Specification};

/// Somebody who sends requests.
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

    /// The same caller, on behalf of the customer whom this token names.
    #[must_use]
    pub fn on_behalf_of(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same caller, served by another machine.
    #[must_use]
    pub fn at<'m>(&self, machine: &'m Machine) -> Role<'m> {
        Role { machine, secret: self.secret.clone(), token: self.token.clone() }
    }

    /// A request that can be changed before it is sent.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'w> {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        if let Some(secret) = &self.secret {
            let value = format!("Bearer {secret}").parse().expect("a header");
            request.headers_mut().insert("authorization", value);
        }
        if let Some(token) = &self.token {
            request.headers_mut().insert("x-customer-token", token.parse().expect("a header"));
        }
        Ask { machine: self.machine, request, checked: true, said: String::new() }
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    /// Sends a POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path).json(body).send().await
    }

    /// Sends a PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path).json(body).send().await
    }

    /// Opens a conversation and gives it.
    pub async fn open(&self, body: &Value) -> Value {
        self.post("/api/v1/conversations", body).await.expect(201)["conversation"].clone()
    }

    /// Opens a minimal conversation and gives its path.
    pub async fn open_path(&self) -> String {
        let conversation = self.open(&crate::minimal_conversation()).await;
        format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("an id"))
    }
}

/// A request on its way.
#[must_use = "nothing is sent before `send`"]
pub struct Ask<'w> {
    machine: &'w Machine,
    request: Request<Body>,
    checked: bool,
    /// What JSON it carries.
    said: String,
}

impl Ask<'_> {
    /// Sets a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().expect("a header"));
        self
    }

    /// Adds a header beside one of the same name.
    pub fn also(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, value.parse().expect("a header"));
        self
    }

    /// Sends JSON.
    pub fn json(mut self, body: &Value) -> Self {
        self.said = body.to_string();
        let said = self.said.clone();
        self.body("application/json", said)
    }

    /// Sends these bytes as this type.
    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", content_type)
    }

    /// Does not hold the answer against the specification: it is compressed, say, or from outside the API.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    /// Sends it, a second later than the one before, and holds the answer against the specification.
    pub async fn send(self) -> Answer {
        self.machine.clock.advance_millis(1000);
        self.send_now().await
    }

    /// Sends it while the clock stands still.
    pub async fn send_now(self) -> Answer {
        let (method, path) = (self.request.method().clone(), self.request.uri().path().to_owned());
        let query = self.request.uri().query().unwrap_or_default().to_owned();
        let names: Vec<_> = self.request.headers().keys().map(ToString::to_string).collect();
        let response = self.machine.router().oneshot(self.request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let answer = Answer { status: parts.status, headers: parts.headers, bytes };
        self.machine.record(|| {
            let route = Specification::committed().path_of(&path).unwrap_or_default();
            let answered: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            let body = String::from_utf8_lossy(&answer.bytes);
            format!(
                "{method} {route}\n{path}?{query}\n{}\n{}\n{}\n{}\n{body}\n",
                names.join(" "),
                self.said,
                answer.status,
                answered.join(" "),
            )
        });
        if self.checked {
            Specification::committed().check(&method, &path, &answer);
        }
        answer
    }
}
