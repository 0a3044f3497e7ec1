use std::{fs, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use deskless_api::{ApiState, serve};
use deskless_domain::Clock;
use deskless_infra::routes::functions;
use deskless_runtime::{Context, LambdaEvent, LambdaRequest, service};
use deskless_tests::{TestResponse, World};
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Emulates the gateway in front of the functions of a world.
pub struct Gateway {
    pub world: World,
}

/// An event in payload format 2.0.
#[must_use = "nothing is sent before `send`"]
pub struct Event<'g> {
    gateway: &'g Gateway,
    event: Value,
}

/// A function's response, as the gateway would forward it.
#[derive(Debug)]
pub struct FunctionResponse {
    pub answer: TestResponse,
    /// Whether the body was base64, as binary bodies must be.
    pub base64: bool,
}

impl Gateway {
    pub async fn new() -> Self {
        Self { world: World::new().await }
    }

    /// Creates a conversation and returns its ID.
    pub async fn conversation(&self) -> String {
        let opened = self.world.server_key().open(&deskless_tests::minimal_conversation()).await;
        opened["id"].as_str().expect("an id").to_owned()
    }

    /// Returns an event from `events/` with our key.
    pub fn recorded(&self, name: &str) -> Event<'_> {
        self.recorded_about(name, "none")
    }

    /// Returns an event from `events/` with our key and a conversation's ID.
    pub fn recorded_about(&self, name: &str, conversation: &str) -> Event<'_> {
        let file = format!("{}/tests/edge/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let text = text.replace("${KEY}", self.world.key().secret.reveal()).replace("${CONVERSATION}", conversation);
        Event { gateway: self, event: serde_json::from_str(&text).expect("events are JSON") }
    }
}

impl Event<'_> {
    pub fn method(mut self, method: &str) -> Self {
        self.event["requestContext"]["http"]["method"] = json!(method);
        self
    }

    /// Sets the path. The gateway decodes paths.
    pub fn path(mut self, path: &str) -> Self {
        self.event["rawPath"] = json!(path);
        self.event["requestContext"]["http"]["path"] = json!(path);
        self
    }

    pub fn query(mut self, query: &str) -> Self {
        self.event["rawQueryString"] = json!(query);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.event["headers"].as_object_mut().expect("headers").remove(name);
        self
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.event["body"] = json!(body.to_string());
        self.header("content-type", "application/json")
    }

    /// Sends the event to the function that the route names, through the handler that it polls with.
    pub async fn send(self) -> FunctionResponse {
        let route = self.event["routeKey"].as_str().expect("a route").to_owned();
        // `$default` has no path.
        let path = route.split_once(' ').map(|(_, path)| path);
        let function = functions()
            .into_iter()
            .find(|function| match path {
                Some(path) => function.paths.iter().any(|own| own == path),
                None => function.name == "discovery",
            })
            .unwrap_or_else(|| panic!("no function has the route {route}"));
        let world = &self.gateway.world;
        let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
        let function = service(serve(function.routes, ApiState::new(world.store.clone()), clock));

        let event: LambdaRequest = serde_json::from_str(&self.event.to_string()).expect("the runtime reads the event");
        let response =
            function.oneshot(LambdaEvent::new(event, Context::default())).await.expect("the handler is infallible");
        FunctionResponse::read(&serde_json::to_value(response).expect("responses are JSON"))
    }
}

impl FunctionResponse {
    fn read(response: &Value) -> Self {
        let status = response["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
        let mut headers = HeaderMap::new();
        for (name, value) in response["headers"].as_object().expect("headers") {
            let name: HeaderName = name.parse().expect("a header's name");
            headers.insert(name, value.as_str().expect("one text").parse().expect("a header's value"));
        }
        let base64 = response["isBase64Encoded"].as_bool().expect("base64 or not");
        let body = response["body"].as_str().unwrap_or_default();
        let bytes = if base64 { BASE64_STANDARD.decode(body).expect("base64") } else { body.as_bytes().to_vec() };
        let status = StatusCode::from_u16(status).expect("a status");
        Self { answer: TestResponse { status, headers, bytes: bytes.into() }, base64 }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        self.answer.expect(status)
    }

    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        self.answer.expect_problem(status, code)
    }
}
