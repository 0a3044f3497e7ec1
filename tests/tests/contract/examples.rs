//! Every request example of the OpenAPI documents works, and every response example is what the API returns.
//!
//! The requests are sent in the order of [`SERVER`] and [`CLIENT`]. The ids in them stand for the resources that the requests
//! before created. `DESKLESS_WRITE_EXAMPLES=1` writes the responses to `infra/examples/`.

use std::collections::{BTreeMap, BTreeSet};

use deskless_infra::examples::Examples;
use deskless_tests::{Delivery, Role, Specification, Upload, Worker, World};
use http::Method;
use serde_json::{Value, json};

/// The operations in an order in which all of them succeed.
const SERVER: [&str; 82] = [
    // First, so that its example is short.
    "list_audit_log",
    "create_customer",
    "create_inbox",
    "create_member",
    "create_assistant",
    "create_pipeline",
    "create_view",
    "create_predefined_message",
    "create_api_key",
    "create_automation",
    "create_webhook_endpoint",
    "create_conversation",
    "create_message",
    "create_execution",
    "create_bulk_action",
    "sign_file",
    "register_file",
    "get_openapi",
    "get_client_openapi",
    "get_customer",
    "get_inbox",
    "get_member",
    "get_assistant",
    "get_pipeline",
    "get_view",
    "get_predefined_message",
    "get_api_key",
    "get_automation",
    "get_execution",
    "get_webhook_endpoint",
    "get_bulk_action",
    "get_conversation",
    "get_message",
    "get_file",
    "list_customers",
    "list_inboxes",
    "list_members",
    "list_assistants",
    "list_pipelines",
    "list_views",
    "list_predefined_messages",
    "list_api_keys",
    "list_automations",
    "list_executions",
    "list_webhook_endpoints",
    "test_webhook_endpoint",
    "list_webhook_attempts",
    "replay_events",
    "list_undelivered_events",
    "list_bulk_actions",
    "list_conversations",
    "list_messages",
    "count_conversations",
    "transform_message",
    "render_predefined_message",
    "list_events",
    "update_customer",
    "update_inbox",
    "update_member",
    "update_assistant",
    "update_pipeline",
    "update_view",
    "update_predefined_message",
    "update_api_key",
    "update_automation",
    "update_webhook_endpoint",
    "rotate_webhook_secret",
    "update_conversation",
    "update_message",
    "read_conversation",
    "resolve_conversation",
    "cancel_bulk_action",
    "delete_message",
    "delete_file",
    "delete_predefined_message",
    "delete_view",
    "delete_pipeline",
    "delete_inbox",
    "delete_automation",
    "delete_webhook_endpoint",
    "delete_api_key",
    "delete_conversation",
];

/// Those that delete what the operations before them use.
const LAST: [&str; 3] = ["delete_assistant", "delete_member", "delete_customer"];

const CLIENT: [&str; 10] = [
    "get_openapi",
    "get_client_openapi",
    "create_conversation",
    "list_conversations",
    "get_conversation",
    "create_message",
    "list_messages",
    "sign_file",
    "register_file",
    "get_file",
];

/// The ids in the examples, by the path parameters whose resources they stand for.
const IDS: [(&str, &str); 15] = [
    ("conversationId", "019f0f63-6500-7232-afd6-000000000001"),
    ("messageId", "019f0f63-6500-7232-afd6-000000000002"),
    ("fileId", "019f0f63-6500-7232-afd6-000000000003"),
    ("memberId", "019f0f63-6500-7232-afd6-000000000004"),
    ("predefinedMessageId", "019f0f63-6500-7232-afd6-000000000005"),
    ("pipelineId", "019f0f63-6500-7232-afd6-000000000006"),
    ("inboxId", "019f0f63-6500-7232-afd6-000000000007"),
    ("assistantId", "019f0f63-6500-7232-afd6-000000000008"),
    ("viewId", "019f0f63-6500-7232-afd6-000000000009"),
    ("keyId", "019f0f63-6500-7232-afd6-000000000010"),
    ("automationId", "019f0f63-6500-7232-afd6-000000000011"),
    ("executionId", "019f0f63-6500-7232-afd6-000000000012"),
    ("bulkActionId", "019f0f63-6500-7232-afd6-000000000013"),
    ("webhookEndpointId", "019f0f63-6500-7232-afd6-000000000015"),
    ("customerId", "cus_123"),
];

/// The names under which responses have a new resource, by path parameter.
const CREATED: [(&str, &str); 14] = [
    ("conversationId", "conversation"),
    ("messageId", "message"),
    ("fileId", "file"),
    ("memberId", "member"),
    ("predefinedMessageId", "predefinedMessage"),
    ("pipelineId", "pipeline"),
    ("inboxId", "inbox"),
    ("assistantId", "assistant"),
    ("viewId", "view"),
    ("keyId", "apiKey"),
    ("automationId", "automation"),
    ("executionId", "execution"),
    ("bulkActionId", "bulkAction"),
    ("webhookEndpointId", "webhookEndpoint"),
];

struct Run<'w> {
    specification: &'static Specification,
    examples: Examples,
    role: Role<'w>,
    /// The real ids, by path parameter.
    ids: BTreeMap<&'static str, String>,
    responses: BTreeMap<String, Value>,
}

impl Run<'_> {
    fn real(&self, text: &str) -> String {
        IDS.iter().fold(text.to_owned(), |text, (parameter, example)| match self.ids.get(parameter) {
            Some(id) => text.replace(example, id),
            None => text,
        })
    }

    /// Sends the example of an operation, and records the response.
    async fn send(&mut self, id: &str) {
        let (path, method) = operation(self.specification, id);
        let operation = self.specification.operation(&path, &method);
        let sent = IDS.iter().fold(path.clone(), |path, (parameter, example)| {
            path.replace(&format!("{{{parameter}}}"), self.ids.get(parameter).map_or(example, String::as_str))
        });
        let ask = self.role.ask(method.clone(), &sent);
        let example = self.examples.requests.get(id);
        let content = &operation["requestBody"]["content"]["application/json"];
        assert_eq!(
            example,
            content.get("example"),
            "{id}: add a request example to infra/examples, run `make openapi`"
        );
        assert_eq!(example.is_some(), content.is_object(), "{id}: an example needs a body");
        let answer = match example {
            Some(example) => {
                self.specification.check_body(content, example, id);
                let body = serde_json::from_str(&self.real(&example.to_string())).expect("JSON");
                ask.json(&body).send().await
            }
            None => ask.send().await,
        };
        let status = answer.status;
        let body = answer.json();
        assert!(status.is_success(), "{id} returns {status}: {body:#}");
        let response = &operation["responses"][status.as_str()]["content"]["application/json"];
        if response.is_object() && !id.contains("openapi") {
            let schema = response["schema"]["$ref"].as_str().expect("a schema").rsplit('/').next().expect("a name");
            let shown = &response["examples"]["example"]["$ref"];
            assert!(
                writes() || shown.is_string(),
                "{id}: run the test with DESKLESS_WRITE_EXAMPLES=1, then `make openapi`"
            );
            self.responses.entry(schema.to_owned()).or_insert_with(|| with_one_item(body.clone()));
        }
        if status.as_u16() == 201 || status.as_u16() == 202 {
            for (parameter, name) in CREATED {
                if let Some(id) = body[name]["id"].as_str() {
                    self.ids.entry(parameter).or_insert_with(|| id.to_owned());
                }
            }
        }
        if id == "sign_file" {
            Upload::of(&body["upload"], "hello").expect_accepted().await;
        }
        if let Some(token) = body["customerToken"].as_str() {
            self.role = self.role.clone().on_behalf_of(token);
        }
    }

    /// Replaces what differs from run to run, and secrets.
    fn shown(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let text = self.ids.iter().fold(text.clone(), |text, (parameter, id)| {
                    let (_, example) = IDS.iter().find(|(known, _)| known == parameter).expect("an id");
                    text.replace(id, example)
                });
                json!(match key {
                    "secret"
                    | "webhookSecret"
                    | "customerToken"
                    | "policy"
                    | "x-amz-signature"
                    | "x-amz-credential"
                    | "x-amz-security-token"
                    | "nextCursor"
                    | "last4" => "…".to_owned(),
                    "url" | "downloadUrl" if text.contains("//127.0.0.1") =>
                        "https://bucket.s3.amazonaws.com/…".to_owned(),
                    "id" if is_uuid(&text) && !IDS.iter().any(|(_, id)| *id == text) => {
                        "019f0f63-6500-7232-afd6-000000000014".to_owned()
                    }
                    _ if key.ends_with("At") => "2026-03-14T09:26:53.589Z".to_owned(),
                    _ => text,
                })
            }
            Value::Array(items) => items.iter().map(|item| self.shown(key, item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (key.clone(), self.shown(key, value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// Asserts that the response examples have the shape of the responses, or writes them.
    fn finish(mut self, file: &str) {
        let shown: BTreeMap<_, _> =
            self.responses.iter().map(|(name, value)| (name.clone(), self.shown("", value))).collect();
        if writes() {
            self.examples.responses = shown;
            let text = serde_json::to_string_pretty(&self.examples).expect("JSON") + "\n";
            let path = format!("{}/../infra/examples/{file}", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, text).expect("the file is written");
            return;
        }
        for (name, response) in &shown {
            let example = self.examples.responses.get(name).unwrap_or(&Value::Null);
            assert_eq!(
                shape(example),
                shape(response),
                "the example of {name} in infra/examples/{file} is not what it returns"
            );
        }
        let (known, made): (BTreeSet<_>, BTreeSet<_>) =
            (self.examples.responses.keys().collect(), shown.keys().collect());
        assert_eq!(known, made, "{file} has examples of other responses");
    }
}

/// Leaves the last item in a list, which is enough for an example.
fn with_one_item(mut body: Value) -> Value {
    if body.get("object").is_some_and(|object| object == "list") {
        let fields = body.as_object_mut().into_iter().flat_map(|fields| fields.values_mut());
        fields.filter_map(Value::as_array_mut).for_each(|items| drop(items.drain(..items.len().saturating_sub(1))));
    }
    body
}

fn writes() -> bool {
    std::env::var("DESKLESS_WRITE_EXAMPLES").is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|&byte| byte == b'-').count() == 4
}

/// Returns a value with the kinds of its leaves instead of the leaves.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}

fn operation(specification: &Specification, id: &str) -> (String, Method) {
    let mut operations = specification.operations().into_iter();
    operations
        .find(|(path, method)| specification.operation(path, method)["operationId"] == id)
        .unwrap_or_else(|| panic!("{id} is no operation"))
}

/// Asserts that the list names every operation once.
fn assert_complete(specification: &Specification, listed: &[&str]) {
    let described = specification.operations().into_iter();
    let described: BTreeSet<_> = described
        .map(|(path, method)| {
            specification.operation(&path, &method)["operationId"].as_str().expect("an id").to_owned()
        })
        .collect();
    let listed: BTreeSet<_> = listed.iter().map(|&id| id.to_owned()).collect();
    assert_eq!(described, listed, "add the operation to the list in this file");
}

#[tokio::test]
async fn server_examples_work() {
    let world = World::new().await;
    let listed = [&SERVER[..], &LAST[..]].concat();
    assert_complete(Specification::committed(), &listed);
    let mut run = Run {
        specification: Specification::committed(),
        examples: Examples::server().expect("examples"),
        role: world.server_key(),
        ids: BTreeMap::from([("customerId", "cus_123".to_owned())]),
        responses: BTreeMap::new(),
    };
    for id in listed {
        if id == "list_events" {
            let _ = world.drain_to(Worker::Events, Delivery::default()).await;
        }
        run.send(id).await;
    }
    run.finish("server.json");
}

#[tokio::test]
async fn client_examples_work() {
    let world = World::new().await;
    assert_complete(Specification::client(), &CLIENT);
    let mut run = Run {
        specification: Specification::client(),
        examples: Examples::client().expect("examples"),
        role: world.client_key(),
        ids: BTreeMap::new(),
        responses: BTreeMap::new(),
    };
    for id in CLIENT {
        run.send(id).await;
    }
    run.finish("client.json");
}
