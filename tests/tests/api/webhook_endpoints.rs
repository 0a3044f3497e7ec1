//! Webhook endpoints: saving, secrets, headers, URLs, and what the worker on the stream learns of them.

use deskless_app::deliveries::{Destination, destination};
use deskless_domain::{Precondition, Scope, WebhookEndpoint, WebhookEndpointId};
use deskless_tests::{KeyOptions, Role, World};
use http::Method;
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/webhook-endpoints";
const URL: &str = "https://hooks.example.com/a?b=c";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Creates an endpoint and returns its path.
async fn made(role: &Role<'_>, body: &Value) -> String {
    path_of(&role.post(PATH, body).await.expect(201))
}

fn path_of(saved: &Value) -> String {
    format!("{PATH}/{}", saved["webhookEndpoint"]["id"].as_str().expect("an id"))
}

fn id_of(path: &str) -> WebhookEndpointId {
    WebhookEndpointId::parse(path.rsplit('/').next().expect("an id")).expect("an id")
}

/// Returns what a delivery to the endpoint uses.
async fn used(world: &World, path: &str) -> Destination {
    let tenant = world.tenant().await;
    let endpoint = tenant.get_resource::<WebhookEndpoint>(id_of(path)).await.expect("the endpoint");
    destination(&tenant, &endpoint).await.expect("the destination")
}

async fn revealed(world: &World, path: &str) -> Vec<String> {
    used(world, path).await.secrets.iter().map(|secret| secret.reveal().to_owned()).collect()
}

#[tokio::test]
async fn endpoint_is_returned_as_saved() {
    let world = World::new().await;
    let ours = world.server_key();
    let body = json!({
        "url": URL, "eventTypes": ["message.created", "conversation.deleted"], "description": "CRM", "enabled": false,
        "headers": { "Authorization": "Bearer hunter2-hunter2", "X-Tenant": "a b" },
    });
    let saved = ours.post(PATH, &body).await.expect(201);
    let endpoint = &saved["webhookEndpoint"];
    for field in ["url", "eventTypes", "description", "enabled"] {
        assert_eq!(endpoint[field], body[field], "{field}");
    }
    assert_eq!(endpoint["headerNames"], json!(["authorization", "x-tenant"]));
    assert_eq!((&endpoint["disabledReason"], &endpoint["disabledAt"]), (&json!("request"), &endpoint["createdAt"]));
    assert_eq!(ours.get(&path_of(&saved)).await.expect(200)["webhookEndpoint"], *endpoint);
    let listed = ours.get(PATH).await.expect(200);
    assert_eq!(listed["webhookEndpoints"], json!([endpoint]));
    assert!(!listed.to_string().contains("hunter2"));

    let plain = ours.post(PATH, &json!({ "url": URL })).await.expect(201)["webhookEndpoint"].clone();
    assert_eq!(
        (&plain["enabled"], &plain["eventTypes"], &plain["headerNames"]),
        (&json!(true), &json!([]), &json!([]))
    );
    for field in ["description", "disabledReason", "disabledAt", "previousSecretExpiresAt"] {
        assert_eq!(plain[field], Value::Null, "{field}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn secret_is_shown_once() {
    let world = World::new().await;
    let ours = world.server_key();
    let create = || ours.ask(Method::POST, PATH).header("idempotency-key", "k").json(&json!({ "url": URL })).send();
    let first = create().await;
    assert_eq!(first.header("cache-control"), Some("no-store"));
    let first = first.expect(201);
    let secret = first["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 54);
    let again = create().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let again = again.expect(201);
    assert_eq!((&again["webhookEndpoint"], &again["secret"]), (&first["webhookEndpoint"], &Value::Null));
    let path = path_of(&first);
    assert_eq!(revealed(&world, &path).await, [secret.clone()]);
    let updated = ours.patch(&path, &json!({ "description": "b" })).await.expect(200);
    assert!(updated.get("secret").is_none());

    let rotate = || ours.ask(Method::POST, &format!("{path}/rotate-secret")).header("idempotency-key", "r").send();
    let rotated = rotate().await;
    assert_eq!((rotated.header("cache-control"), rotated.header("etag")), (Some("no-store"), Some("\"3\"")));
    let rotated = rotated.expect(200);
    let new = rotated["secret"].as_str().expect("a secret").to_owned();
    assert_ne!(new, secret);
    let repeat = rotate().await;
    assert_eq!((repeat.header("idempotent-replayed"), repeat.header("etag")), (Some("true"), Some("\"3\"")));
    let repeat = repeat.expect(200);
    assert_eq!((&repeat["webhookEndpoint"], &repeat["secret"]), (&rotated["webhookEndpoint"], &Value::Null));
    assert_eq!(revealed(&world, &path).await, [new, secret], "the repeat rotated nothing");
    assert_eq!(world.find_secrets().await, Vec::<String>::new());
}

#[tokio::test]
async fn previous_secret_signs_for_a_day() {
    let world = World::new().await;
    let ours = world.server_key();
    let saved = ours.post(PATH, &json!({ "url": URL })).await.expect(201);
    let path = path_of(&saved);
    let secret = |saved: &Value| saved["secret"].as_str().expect("a secret").to_owned();
    let rotate = async || ours.ask(Method::POST, &format!("{path}/rotate-secret")).send().await.expect(200);
    let second = rotate().await;
    assert!(second["webhookEndpoint"]["previousSecretExpiresAt"].is_string());
    assert_eq!(revealed(&world, &path).await, [secret(&second), secret(&saved)]);
    let third = rotate().await;
    assert_eq!(revealed(&world, &path).await, [secret(&third), secret(&second)], "the first one has ended");
    world.clock.advance_millis(DAY_MS - 60_000);
    assert_eq!(revealed(&world, &path).await.len(), 2);
    world.clock.advance_millis(60_000);
    assert_eq!(revealed(&world, &path).await, [secret(&third)]);
    let shown = ours.get(&path).await.expect(200);
    assert_eq!(
        shown["webhookEndpoint"]["previousSecretExpiresAt"],
        third["webhookEndpoint"]["previousSecretExpiresAt"]
    );
    let stale = ours.ask(Method::POST, &format!("{path}/rotate-secret")).header("if-match", "\"1\"");
    let _ = stale.send().await.expect_problem(412, "version_mismatch");
    let _ = ours.post(&format!("{path}/rotate-secret"), &json!({ "a": 1 })).await.expect_invalid(&["a"]);
}

#[tokio::test]
async fn headers_are_merged_and_never_returned() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = made(&ours, &json!({ "url": URL, "headers": { "Authorization": "Bearer hunter2-hunter2" } })).await;
    let headers = async || {
        let used = used(&world, &path).await;
        used.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    let changed = ours.patch(&path, &json!({ "headers": { "X-A": "1" } })).await.expect(200);
    assert_eq!(changed["webhookEndpoint"]["headerNames"], json!(["authorization", "x-a"]));
    assert_eq!(headers().await, ["authorization: Bearer hunter2-hunter2", "x-a: 1"]);
    let changed = ours.patch(&path, &json!({ "headers": { "AUTHORIZATION": null, "x-a": "2" } })).await.expect(200);
    assert_eq!(changed["webhookEndpoint"]["headerNames"], json!(["x-a"]));
    assert_eq!(headers().await, ["x-a: 2"]);
    for unknown in [json!({ "x-c": null }), json!({ "x c": null }), json!({ "x-a": null, "X-A": "3" })] {
        let _ = ours.patch(&path, &json!({ "headers": unknown })).await.expect_invalid(&["headers"]);
    }
    let _ = ours.patch(&path, &json!({ "url": "https://other.example.com" })).await.expect(200);
    assert_eq!(headers().await, ["x-a: 2"]);
    let many: Value = (0..10).map(|i| (format!("x-b{i}"), json!("1"))).collect();
    let _ = ours.patch(&path, &json!({ "headers": many })).await.expect_invalid(&["headers"]);
    let _ = ours.patch(&path, &json!({ "headers": null })).await.expect(200);
    assert_eq!(headers().await, Vec::<String>::new());
    assert_eq!(world.find_secrets().await, Vec::<String>::new());
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = made(&ours, &json!({ "url": URL })).await;
    for body in [json!({}), json!({ "url": null }), json!({ "url": 1 })] {
        let _ = ours.post(PATH, &body).await.expect_invalid(&["url"]);
    }
    for url in ["http://hooks.example.com", "https://10.0.0.1", "https://localhost", "https://a.example:8443", "x", ""]
    {
        let _ = ours.post(PATH, &json!({ "url": url })).await.expect_invalid(&["url"]);
        let _ = ours.patch(&path, &json!({ "url": url })).await.expect_invalid(&["url"]);
    }
    let typo = json!({ "url": URL, "eventTypes": ["file.ready", "message.create"] });
    let refused = ours.post(PATH, &typo).await.expect_invalid(&["eventTypes[1]"]);
    assert!(
        refused["error"].as_str().is_some_and(|text| text.contains("Did you mean `message.created`?")),
        "{refused}"
    );
    for types in [
        json!(null),
        json!("file.ready"),
        json!(["file.ready", "file.ready"]),
        json!(["file.ready", "webhook_endpoint.test"]),
    ] {
        let _ = ours.post(PATH, &json!({ "url": URL, "eventTypes": types })).await.expect_invalid(&["eventTypes"]);
    }
    let many: Value = (0..11).map(|i| (format!("x-{i}"), json!("1"))).collect();
    for (headers, field) in [
        (json!({ "Host": "a" }), "headers"),
        (json!({ "webhook-signature": "a" }), "headers"),
        (json!({ "x-a": "two\r\nlines" }), "headers"),
        (json!({ "x-a": "1", "X-A": "2" }), "headers"),
        (json!({ "x-a": null }), "headers.x-a"),
        (json!({ "x-a": 1 }), "headers.x-a"),
        (json!(["x-a"]), "headers"),
        (many, "headers"),
    ] {
        let _ = ours.post(PATH, &json!({ "url": URL, "headers": headers })).await.expect_invalid(&[field]);
    }
    let all =
        json!({ "url": "x", "eventTypes": ["x"], "enabled": "x", "description": "", "headers": 1, "secret": "x" });
    let fields = ["url", "eventTypes[0]", "description", "enabled", "headers", "secret"];
    let _ = ours.post(PATH, &all).await.expect_invalid(&fields);
    let _ = ours.patch(&path, &json!({})).await.expect_invalid(&[""]);
    let _ = ours.patch(&path, &json!({ "disabledReason": null })).await.expect_invalid(&["disabledReason"]);
}

#[tokio::test]
async fn local_url_needs_a_workspace_of_the_local_stack() {
    let world = World::new().await;
    let ours = world.server_key();
    let local = json!({ "url": "http://localhost:3000/hook" });
    let refused = ours.post(PATH, &local).await.expect_invalid(&["url"]);
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("https://")), "{refused}");
    let refused = ours.post(PATH, &json!({ "url": "http://localhost:70000" })).await.expect_invalid(&["url"]);
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("port from 1 to 65535")), "{refused}");
    let public = made(&ours, &json!({ "url": URL })).await;
    let _ = ours.patch(&public, &local).await.expect_invalid(&["url"]);
    world.operator().allow_local_webhooks(world.workspace).await.expect("allowed");
    // A process caches the settings of a workspace for 20 seconds.
    world.clock.advance_millis(20_000);
    let path = made(&ours, &local).await;
    assert_eq!(ours.get(&path).await.expect(200)["webhookEndpoint"]["url"], local["url"]);
    let _ = ours.patch(&public, &json!({ "url": "http://127.0.0.1/" })).await.expect(200);
    for url in ["http://192.168.0.1", "http://hooks.example.com", "https://localhost", "http://localhost:0"] {
        let _ = ours.post(PATH, &json!({ "url": url })).await.expect_invalid(&["url"]);
    }
    let _ = world.other_workspace().post(PATH, &local).await.expect_invalid(&["url"]);
}

#[tokio::test]
async fn workspace_holds_at_most_20_endpoints() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut last = String::new();
    for _ in 0..20 {
        last = made(&ours, &json!({ "url": URL })).await;
    }
    let refused = ours.post(PATH, &json!({ "url": URL })).await.expect_problem(409, "conflict");
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("at most 20")), "{refused}");
    let _ = world.other_workspace().post(PATH, &json!({ "url": URL })).await.expect(201);
    let _ = ours.ask(Method::DELETE, &last).send().await.expect(204);
    let _ = ours.post(PATH, &json!({ "url": URL })).await.expect(201);
}

#[tokio::test]
async fn saving_needs_the_scope_for_events() {
    let world = World::new().await;
    let without = |lacking: Scope| Scope::ALL.iter().copied().filter(|&scope| scope != lacking).collect();
    let limited = async |lacking| {
        world.with_key(&world.make_key(KeyOptions { scopes: without(lacking), ..KeyOptions::default() }).await)
    };
    let path = made(&world.server_key(), &json!({ "url": URL })).await;
    let role = limited(Scope::ReadEvents).await;
    for answer in [
        role.post(PATH, &json!({ "url": URL })).await,
        role.patch(&path, &json!({ "url": "https://evil.example.com" })).await,
    ] {
        let refused = answer.expect_problem(403, "forbidden");
        assert!(refused["error"].as_str().is_some_and(|text| text.contains("read:events")), "{refused}");
    }
    let _ = role.get(&path).await.expect(200);
    let _ = role.ask(Method::POST, &format!("{path}/rotate-secret")).send().await.expect(200);
    // The new secret is shown beside the endpoint.
    let writer = limited(Scope::ReadWebhooks).await;
    let _ = writer.ask(Method::POST, &format!("{path}/rotate-secret")).send().await.expect_problem(403, "forbidden");
    assert!(writer.post(PATH, &json!({ "url": URL })).await.expect(201)["secret"].is_string());
    let _ = writer.patch(&path, &json!({ "enabled": false })).await.expect(204);
    let _ = role.ask(Method::DELETE, &path).send().await.expect(204);
}

#[tokio::test]
async fn worker_learns_of_enabled_endpoints_with_one_read() {
    let world = World::new().await;
    let ours = world.server_key();
    let tenant = world.tenant().await;
    let followers = async || tenant.followers().await.expect("the stamp");
    assert_eq!(followers().await.log_since, None);
    let disabled = made(&ours, &json!({ "url": URL, "enabled": false })).await;
    let since = followers().await.log_since;
    assert!(since.is_some(), "events are kept for it");
    assert_eq!(followers().await.endpoints, []);
    let first = made(&ours, &json!({ "url": URL })).await;
    assert_eq!(followers().await.endpoints, [id_of(&first)]);
    let _ = ours.patch(&first, &json!({ "description": "a", "enabled": true })).await.expect(200);
    let _ = ours.patch(&disabled, &json!({ "enabled": true })).await.expect(200);
    let mut both = followers().await.endpoints;
    both.sort_unstable();
    assert_eq!(both, [id_of(&disabled), id_of(&first)]);
    assert_eq!(followers().await.log_since, since);
    let _ = ours.ask(Method::DELETE, &disabled).send().await.expect(204);
    assert_eq!(followers().await.endpoints, [id_of(&first)]);
    let off = ours.patch(&first, &json!({ "enabled": false })).await.expect(200)["webhookEndpoint"].clone();
    assert_eq!((&off["disabledReason"], off["disabledAt"].is_string()), (&json!("request"), true));
    assert_eq!((followers().await.endpoints, followers().await.log_since), (vec![], since), "the log is kept");
    let _ = ours.ask(Method::DELETE, &first).send().await.expect(204);
    let theirs = world.operator().workspace(world.other).await.expect("the other workspace");
    assert_eq!(theirs.followers().await.expect("the stamp").log_since, None);
    world.assert_sound().await;
}

#[tokio::test]
async fn concurrent_rotations_and_updates_are_all_kept() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = made(&ours, &json!({ "url": URL })).await;
    let rotate = format!("{path}/rotate-secret");
    let (rotated, updated, disabled) = tokio::join!(
        ours.ask(Method::POST, &rotate).send(),
        async { ours.patch(&path, &json!({ "description": "a" })).await },
        async { ours.patch(&path, &json!({ "enabled": false })).await },
    );
    let secret = rotated.expect(200)["secret"].as_str().expect("a secret").to_owned();
    let _ = (updated.expect(200), disabled.expect(200));
    let now = ours.get(&path).await;
    assert_eq!(now.header("etag"), Some("\"4\""));
    let now = now.expect(200)["webhookEndpoint"].clone();
    assert_eq!((&now["description"], &now["enabled"]), (&json!("a"), &json!(false)));
    assert_eq!(revealed(&world, &path).await[0], secret);
    let tenant = world.tenant().await;
    let missing = deskless_app::webhook_endpoints::rotate_secret(
        &tenant,
        WebhookEndpointId::from_bytes([1; 16]),
        &Precondition::NONE,
        None,
    );
    assert!(missing.await.is_err());
}
