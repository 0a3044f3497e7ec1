//! Tenant isolation: on every route, an ID of another workspace behaves like an unknown one.

use std::collections::BTreeMap;

use deskless_tests::{Role, Specification, TestResponse, World, minimal_conversation, packed};
use http::Method;
use serde_json::{Value, json};

const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

/// Returns a body with which each operation succeeds on its own workspace's IDs. Fails for an operation that is missing
/// here.
fn body(operation: &str) -> Option<Value> {
    match operation {
        "update_conversation" => Some(json!({ "priority": "stolen" })),
        "delete_conversation" => Some(json!({ "reason": "stolen" })),
        "update_message" => Some(json!({ "externalId": "stolen" })),
        "create_message" | "transform_message" => Some(json!({ "body": "stolen" })),
        "update_predefined_message" => Some(json!({ "title": "stolen" })),
        "create_execution" | "render_predefined_message" => Some(json!({ "conversationId": UNKNOWN })),
        "resolve_conversation"
        | "read_conversation"
        | "cancel_bulk_action"
        | "rotate_webhook_secret"
        | "test_webhook_endpoint" => Some(json!({})),
        "replay_events" => Some(json!({ "sinceSequence": 1 })),
        bare if ["get_", "list_", "delete_"].iter().any(|verb| bare.starts_with(verb)) => None,
        "update_customer" | "update_inbox" | "update_member" | "update_assistant" | "update_pipeline"
        | "update_view" | "update_api_key" | "update_automation" => Some(json!({ "name": "stolen" })),
        "update_webhook_endpoint" => Some(json!({ "url": "https://stolen.example.com" })),
        other => panic!("{other} has IDs in its path: add a valid body here"),
    }
}

/// Creates one resource per path parameter and returns their IDs by parameter.
async fn things(world: &World) -> Vec<(&'static str, String)> {
    let mut things = Vec::new();
    for (parameter, path, one, body) in [
        ("{inboxId}", "inboxes", "inbox", json!({ "name": "a", "channel": "sms" })),
        ("{memberId}", "members", "member", json!({ "name": "a", "email": "a@example.com" })),
        ("{assistantId}", "assistants", "assistant", json!({ "name": "a" })),
        ("{pipelineId}", "pipelines", "pipeline", json!({ "name": "a", "stages": [{ "name": "a" }] })),
        ("{viewId}", "views", "view", json!({ "name": "a", "filter": {} })),
        ("{keyId}", "api-keys", "apiKey", json!({ "name": "a", "scopes": ["read:files"] })),
        (
            "{fileId}",
            "files/sign",
            "file",
            json!({ "fileName": "a", "contentType": "image/png", "size": 1, "conversationId": null }),
        ),
        ("{predefinedMessageId}", "predefined-messages", "predefinedMessage", json!({ "title": "a", "content": "b" })),
        ("{automationId}", "automations", "automation", automation()),
        ("{webhookEndpointId}", "webhook-endpoints", "webhookEndpoint", json!({ "url": "https://hooks.example.com" })),
        ("{customerId}", "customers", "customer", json!({ "name": "a" })),
    ] {
        let made = world.server_key().post(&format!("/api/v1/{path}"), &body).await.expect(201);
        things.push((parameter, made[one]["id"].as_str().expect("an id").to_owned()));
    }
    let bulk = json!({ "action": "delete", "filter": { "status": "solved" } });
    let bulk = world.server_key().post("/api/v1/bulk-actions", &bulk).await.expect(202);
    things.push(("{bulkActionId}", bulk["bulkAction"]["id"].as_str().expect("an id").to_owned()));
    things
}

fn automation() -> Value {
    json!({ "name": "a", "trigger": "manual", "actions": [{ "action": "note", "body": "a" }] })
}

async fn ask(role: &Role<'_>, method: Method, path: &str, body: Option<&Value>) -> TestResponse {
    let ask = role.ask(method, path);
    match body {
        Some(body) => ask.json(body).send().await,
        None => ask.send().await,
    }
}

/// Returns everything that the caller sees, except the request ID.
fn visible(answer: &TestResponse) -> (u16, BTreeMap<String, String>, Value) {
    // The remaining rate limit reveals nothing about other workspaces.
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id" && *name != "ratelimit");
    let headers = headers.map(|(n, v)| (n.to_string(), v.to_str().expect("text").to_owned())).collect();
    let mut body = answer.json();
    if let Some(id) = body.get_mut("requestId") {
        *id = Value::Null;
    }
    (answer.status.as_u16(), headers, body)
}

#[tokio::test]
async fn foreign_ids_are_unknown_on_every_operation() {
    let world = World::new().await;
    let theirs = world.server_key().open(&minimal_conversation()).await;
    let conversation = theirs["id"].as_str().expect("an id");
    let thread = format!("/api/v1/conversations/{conversation}/messages");
    let said = world.server_key().post(&thread, &json!({ "body": "secret" })).await.expect(201);
    let message = said["message"]["id"].as_str().expect("an id");
    let mut ids = things(&world).await;
    ids.extend([("{conversationId}", conversation.to_owned()), ("{messageId}", message.to_owned())]);
    let automation = ids.iter().find(|(parameter, _)| *parameter == "{automationId}").expect("an automation").1.clone();
    let runs = format!("/api/v1/automations/{automation}/executions");
    let run = world.server_key().post(&runs, &json!({ "conversationId": conversation })).await.expect(202);
    ids.push(("{executionId}", run["execution"]["id"].as_str().expect("an id").to_owned()));
    let before = world.rows().await.len();

    let document = Specification::committed().document();
    let mut covered = 0;
    for (path, described) in Specification::committed().operations() {
        if !path.contains('{') {
            continue;
        }
        let operation = document["paths"][&path][described.as_str().to_lowercase()]["operationId"].as_str();
        let body = body(operation.expect("an operation id"));
        let foreign = ids.iter().fold(path.clone(), |path, (parameter, id)| path.replace(parameter, id));
        assert!(!foreign.contains('{'), "{path}: add the resource of its parameter here");
        let unknown = ids.iter().fold(path.clone(), |path, (parameter, _)| path.replace(parameter, UNKNOWN));
        let other = world.other_workspace();
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let (a, b) = (
                ask(&other, method.clone(), &foreign, body.as_ref()).await,
                ask(&other, method.clone(), &unknown, body.as_ref()).await,
            );
            assert_eq!(visible(&a), visible(&b), "{method} {path}");
            assert!(a.status.is_client_error(), "{method} {path}: {}", a.status);
        }
        let answer = ask(&other, described.clone(), &foreign, body.as_ref()).await;
        let _ = answer.expect_problem(404, "not_found");
        covered += 1;
    }
    assert!(covered >= 30, "every operation with an ID in its path is tried");
    assert_eq!(world.rows().await.len(), before, "nothing was written");
    let now = world.server_key().get(&thread).await.expect(200);
    assert_eq!(now["messages"], json!([said["message"]]));
    world.assert_sound().await;
}

#[tokio::test]
async fn foreign_id_in_filter_matches_nothing() {
    let world = World::new().await;
    let _ = world.server_key().open(&minimal_conversation()).await;
    let known = world.other_workspace().get("/api/v1/conversations?customerId=cus_123").await;
    let unknown = world.other_workspace().get("/api/v1/conversations?customerId=nobody").await;
    assert_eq!(visible(&known), visible(&unknown));
    assert_eq!(known.expect(200)["conversations"], json!([]));
    let customer = json!({ "id": "cus_1", "email": "ada@example.com" });
    let _ = world.server_key().post("/api/v1/customers", &customer).await.expect(201);
    let known = world.other_workspace().get("/api/v1/customers?email=ada@example.com").await;
    let unknown = world.other_workspace().get("/api/v1/customers?email=nobody@example.com").await;
    assert_eq!(visible(&known), visible(&unknown));
    assert_eq!(known.expect(200)["customers"], json!([]));
}

#[tokio::test]
async fn every_partition_key_starts_with_workspace_id() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let ask = world.server_key().ask(Method::POST, &format!("{path}/messages"));
    let _ = ask.header("idempotency-key", "k").json(&json!({ "body": "Hi" })).send().await.expect(201);
    let _ = things(&world).await;
    let ours = world.prefix();
    let theirs = format!("W#{}", packed(world.other));
    for row in world.rows().await {
        let known = row.pk().starts_with(&ours) || row.pk().starts_with(&theirs);
        let root = ["WS", "DK"].contains(&row.pk()) || row.pk().starts_with("K#");
        assert!(known || root, "{}", row.pk());
        for index in ["p1", "p2", "p3", "p4"] {
            assert!(row.get(index).is_none_or(|pk| pk.starts_with(&row.pk()[..24])), "{}", row.pk());
        }
    }
}
