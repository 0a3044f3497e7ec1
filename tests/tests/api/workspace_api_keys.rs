use deskless_domain::Scope;
use deskless_tests::{KeyOptions, World};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/api-keys";

#[tokio::test]
async fn new_key_works_and_shows_secret_once() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({
        "name": "Shop", "kind": "client", "scopes": ["write:conversations", "read:conversations", "read:conversations"],
        "allowedOrigins": ["https://shop.example.com"], "expiresAt": "2027-01-01T00:00:00+01:00",
    });
    let made = role.post(PATH, &body).await.expect(201);
    let secret = made["secret"].as_str().expect("a secret");
    let key = &made["apiKey"];
    let wanted = json!({
        "object": "api_key", "id": key["id"], "name": "Shop", "kind": "client",
        "scopes": ["read:conversations", "write:conversations"], "allowedOrigins": ["https://shop.example.com"],
        "expiresAt": "2026-12-31T23:00:00.000Z", "last4": &secret[secret.len() - 4..], "rateLimit": null, "revokedAt": null,
        "createdByKeyId": world.key().key.id.to_string(),
        "createdAt": "2026-06-28T18:00:01.000Z", "updatedAt": "2026-06-28T18:00:01.000Z",
    });
    assert_eq!(key, &wanted);
    let path = format!("{PATH}/{}", key["id"].as_str().expect("an id"));
    assert_eq!(role.get(&path).await.expect(200), json!({ "apiKey": wanted }));
    let all = role.get(PATH).await.expect(200).to_string();
    assert!(!all.contains(secret));
    assert!(!world.rows().await.iter().any(|row| row.0.to_string().contains(secret)));
    let server = json!({ "name": "CI", "scopes": ["read:conversations"] });
    let made = role.post(PATH, &server).await.expect(201);
    let holder = world.with_secret(made["secret"].as_str().expect("a secret"));
    let _ = holder.get("/api/v1/conversations").await.expect(200);
    let _ = holder.get(PATH).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn retry_does_not_reveal_secret() {
    let world = World::new().await;
    let body = json!({ "name": "CI", "scopes": ["read:conversations"] });
    let ask = || world.server_key().ask(Method::POST, PATH).header("idempotency-key", "k").json(&body);
    let first = ask().send().await.expect(201);
    let again = ask().send().await.expect(201);
    assert!(first["secret"].is_string());
    assert_eq!((&again["secret"], &again["apiKey"]), (&Value::Null, &first["apiKey"]));
}

#[tokio::test]
async fn caller_cannot_grant_scopes_it_lacks() {
    let world = World::new().await;
    let scopes = vec![Scope::ReadKeys, Scope::WriteKeys, Scope::ReadConversations];
    let limited = world.make_key(KeyOptions { scopes, ..KeyOptions::default() }).await;
    let role = world.with_key(&limited);
    let more = json!({ "name": "a", "scopes": ["read:conversations", "write:conversations"] });
    let problem = role.post(PATH, &more).await.expect_problem(403, "forbidden");
    assert!(problem["error"].as_str().is_some_and(|text| text.contains("write:conversations")));
    let made = role.post(PATH, &json!({ "name": "a", "scopes": ["read:conversations"] })).await.expect(201);
    let path = format!("{PATH}/{}", made["apiKey"]["id"].as_str().expect("an id"));
    let _ = role.patch(&path, &json!({ "scopes": ["write:files"] })).await.expect_problem(403, "forbidden");
    let _ = role.patch(&path, &json!({ "scopes": ["read:keys"] })).await.expect(200);
    // Scopes that the key already has may stay.
    let theirs = format!("{PATH}/{}", world.key().key.id);
    let _ = role.patch(&theirs, &json!({ "scopes": ["write:files", "read:files"] })).await.expect(200);
}

#[tokio::test]
async fn key_update_applies_after_cache_expires() {
    let world = World::new().await;
    let role = world.server_key();
    let made = role.post(PATH, &json!({ "name": "a", "scopes": ["read:conversations"] })).await.expect(201);
    let path = format!("{PATH}/{}", made["apiKey"]["id"].as_str().expect("an id"));
    let holder = world.with_secret(made["secret"].as_str().expect("a secret"));
    let _ = holder.get("/api/v1/conversations").await.expect(200);
    let change = json!({ "name": "b", "scopes": ["read:customers"], "allowedOrigins": null, "expiresAt": null });
    let _ = role.patch(&path, &change).await.expect(200);
    world.clock.advance_millis(30_000);
    let _ = holder.get("/api/v1/conversations").await.expect_problem(403, "forbidden");
    let _ = holder.get("/api/v1/customers").await.expect(200);
    let end = json!({ "expiresAt": "2026-06-28T18:01:00Z", "allowedOrigins": ["https://a.example.com"] });
    let changed = role.patch(&path, &end).await.expect(200)["apiKey"].clone();
    assert_eq!(changed["expiresAt"], "2026-06-28T18:01:00.000Z");
    world.clock.advance_millis(30_000);
    let _ = holder.get("/api/v1/customers").await.expect_problem(401, "key_expired");
    world.assert_sound().await;
}

#[tokio::test]
async fn revoked_key_stops_working() {
    let world = World::new().await;
    let role = world.server_key();
    let made = role.post(PATH, &json!({ "name": "a", "scopes": ["read:conversations"] })).await.expect(201);
    let path = format!("{PATH}/{}", made["apiKey"]["id"].as_str().expect("an id"));
    let holder = world.with_secret(made["secret"].as_str().expect("a secret"));
    let _ = holder.get("/api/v1/conversations").await.expect(200);
    assert_eq!(role.ask(Method::DELETE, &path).send().await.status.as_u16(), 204);
    world.clock.advance_millis(30_000);
    let _ = holder.get("/api/v1/conversations").await.expect_problem(401, "unauthorized");
    world.assert_sound().await;
}

#[tokio::test]
async fn rate_limit_is_set_updated_and_enforced() {
    let world = World::new().await;
    let body = json!({ "name": "a", "scopes": ["read:conversations"], "rateLimit": 2 });
    let made = world.server_key().post(PATH, &body).await.expect(201);
    assert_eq!(made["apiKey"]["rateLimit"], 2);
    let holder = world.with_secret(made["secret"].as_str().expect("a secret"));
    let policy = async || {
        let answer = holder.ask(Method::GET, "/api/v1/conversations").send_now().await;
        (answer.status.as_u16(), answer.header("ratelimit-policy").map(str::to_owned))
    };
    let says = |requests: u32| Some(format!("\"default\";q={requests};w=60"));
    for status in [200, 200, 429] {
        assert_eq!(policy().await, (status, says(2)));
    }
    let path = format!("{PATH}/{}", made["apiKey"]["id"].as_str().expect("an id"));
    let changed = world.server_key().patch(&path, &json!({ "rateLimit": null })).await.expect(200);
    assert_eq!(changed["apiKey"]["rateLimit"], Value::Null);
    world.clock.advance_millis(20_000);
    assert_eq!(policy().await, (200, says(6000)));
    for limit in [json!(0), json!(1_000_001), json!(-1), json!(1.5), json!("1")] {
        let _ = world.server_key().patch(&path, &json!({ "rateLimit": limit })).await.expect_invalid(&["rateLimit"]);
    }
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let body = json!({
        "name": "a", "kind": "browser", "scopes": ["read:everything"], "allowedOrigins": ["https://a/b", "HTTPS://a"],
        "expiresAt": "tomorrow", "secret": "x",
    });
    let fields = ["kind", "scopes[0]", "allowedOrigins[0]", "allowedOrigins[1]", "expiresAt", "secret"];
    let _ = world.server_key().post(PATH, &body).await.expect_invalid(&fields);
    let past = json!({ "name": "a", "scopes": ["read:files"], "expiresAt": "2026-06-28T18:00:00Z" });
    let _ = world.server_key().post(PATH, &past).await.expect_invalid(&["expiresAt"]);
    let none = json!({ "name": "a", "scopes": [] });
    let _ = world.server_key().post(PATH, &none).await.expect_invalid(&["scopes"]);
    let origins: Vec<_> = (0..21).map(|i| format!("https://{i}.example.com")).collect();
    let many = json!({ "name": "a", "scopes": ["read:files"], "allowedOrigins": origins });
    let _ = world.server_key().post(PATH, &many).await.expect_invalid(&["allowedOrigins"]);
    let path = format!("{PATH}/{}", world.key().key.id);
    for change in [json!({ "kind": "client" }), json!({ "secret": null }), json!({ "revokedAt": null })] {
        let field = change.as_object().expect("fields").keys().next().expect("a field").clone();
        let _ = world.server_key().patch(&path, &change).await.expect_invalid(&[&field]);
    }
}

#[tokio::test]
async fn workspace_has_at_most_100_keys_under_concurrency() {
    let world = World::new().await;
    let role = world.server_key();
    let existing = role.get(&format!("{PATH}?limit=100")).await.expect(200)["apiKeys"].as_array().map_or(0, Vec::len);
    let body = json!({ "name": "a", "scopes": ["read:conversations"] });
    for _ in existing..90 {
        let _ = role.post(PATH, &body).await.expect(201);
    }
    // Real conflicts can end in a 503, after which a client tries again.
    let create = async || loop {
        let answer = role.post(PATH, &body).await;
        if answer.status != 503 {
            return answer;
        }
    };
    let answers = futures_util::future::join_all((0..20).map(|_| create())).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), refused.len()), (10, 10));
    for answer in refused {
        let problem = answer.expect_problem(409, "conflict");
        assert!(problem["error"].as_str().is_some_and(|text| text.contains("at most 100 API keys")), "{problem}");
    }
    let path = format!("{PATH}/{}", made[0].clone().expect(201)["apiKey"]["id"].as_str().expect("an id"));
    for _ in 0..2 {
        let _ = role.ask(Method::DELETE, &path).send().await;
    }
    let _ = role.post(PATH, &body).await.expect(201);
    let _ = role.post(PATH, &body).await.expect_problem(409, "conflict");
    world.assert_sound().await;
}
