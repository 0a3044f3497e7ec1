//! No key gives itself or another key more than it has.

use deskless_domain::{Clock, RateLimit, Scope};
use deskless_tests::{KeyOptions, Role, World};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/api-keys";
const ORIGIN: &str = "https://app.example.com";

fn path_of(key: &deskless_store::NewKey) -> String {
    format!("{PATH}/{}", key.key.id)
}

fn options(scopes: &[Scope]) -> KeyOptions {
    let scopes = [scopes, &[Scope::ReadKeys, Scope::WriteKeys]].concat();
    KeyOptions { scopes, rate_limit: RateLimit::new(100).ok(), ..KeyOptions::default() }
}

/// Sends a request from the web origin that limited keys allow.
async fn send(role: &Role<'_>, method: Method, path: &str, body: &Value) -> deskless_tests::TestResponse {
    role.ask(method, path).header("origin", ORIGIN).json(body).send().await
}

/// Asserts that a grant is refused with a text that names the field.
async fn assert_refused(role: &Role<'_>, method: Method, path: &str, body: Value, field: &str) {
    let problem = send(role, method, path, &body).await.expect_problem(403, "forbidden");
    let names = problem["error"].as_str().is_some_and(|text| text.starts_with(&format!("`{field}` ")));
    assert!(names, "{body} {problem}");
}

#[tokio::test]
async fn key_grants_nothing_beyond_its_own_terms() {
    let world = World::new().await;
    let end = world.clock.now().plus_seconds(86_400);
    let limited = KeyOptions { expires_at: Some(end), origins: vec![ORIGIN], ..options(&[Scope::ReadFiles]) };
    let key = world.make_key(limited).await;
    let role = world.with_key(&key);
    let new = |terms: Value| {
        let mut body = json!({
            "name": "a", "scopes": ["read:files"], "expiresAt": end.to_string(), "allowedOrigins": [ORIGIN],
            "rateLimit": 100,
        });
        for (name, value) in terms.as_object().expect("fields") {
            body[name] = value.clone();
        }
        body
    };
    let later = end.plus_seconds(1).to_string();
    for (field, values) in [
        ("expiresAt", vec![json!(later), Value::Null]),
        ("allowedOrigins", vec![json!([]), json!(["https://b.example.com"]), json!([ORIGIN, "https://b.example.com"])]),
        ("rateLimit", vec![json!(101), Value::Null]),
    ] {
        for value in values {
            assert_refused(&role, Method::POST, PATH, new(json!({ field: value })), field).await;
            // Nor does it lift its own terms.
            let is_null = value == json!([]);
            let value = if is_null { Value::Null } else { value };
            assert_refused(&role, Method::PATCH, &path_of(&key), json!({ field: value }), field).await;
        }
    }
    let scopes = json!({ "scopes": ["read:files", "write:files"] });
    let missing = send(&role, Method::POST, PATH, &new(scopes.clone())).await.expect_problem(403, "forbidden");
    assert!(missing["error"].as_str().is_some_and(|text| text.contains("write:files")), "{missing}");
    let _ = send(&role, Method::PATCH, &path_of(&key), &scopes).await.expect_problem(403, "forbidden");
    let _ = send(&role, Method::POST, PATH, &new(json!({}))).await.expect(201);
    let _ = send(&role, Method::POST, PATH, &new(json!({ "rateLimit": 1, "kind": "client" }))).await.expect(201);
    // It restricts and renames itself.
    let less = json!({ "name": "less", "rateLimit": 99, "expiresAt": end.plus_seconds(-1).to_string() });
    let _ = send(&role, Method::PATCH, &path_of(&key), &less).await.expect(200);
}

#[tokio::test]
async fn default_rate_limit_is_a_number() {
    let world = World::new().await;
    let key = world.make_key(KeyOptions { rate_limit: None, ..options(&[]) }).await;
    let role = world.with_key(&key);
    let new = |limit: Value| json!({ "name": "a", "scopes": ["read:keys"], "rateLimit": limit });
    let _ = role.post(PATH, &new(Value::Null)).await.expect(201);
    let _ = role.post(PATH, &new(json!(6000))).await.expect(201);
    assert_refused(&role, Method::POST, PATH, new(json!(6001)), "rateLimit").await;
    assert_refused(&role, Method::PATCH, &path_of(&key), json!({ "rateLimit": 6001 }), "rateLimit").await;
}

#[tokio::test]
async fn stronger_key_is_restricted_but_not_extended() {
    let world = World::new().await;
    let weak = world.make_key(options(&[])).await;
    let role = world.with_key(&weak);
    let end = world.clock.now().plus_seconds(86_400);
    let strong = KeyOptions { expires_at: Some(end), origins: vec![ORIGIN], ..options(&[Scope::WriteFiles]) };
    let strong = world.make_key(strong).await;
    let path = path_of(&strong);
    for (field, value) in [
        ("expiresAt", Value::Null),
        ("expiresAt", json!(end.plus_seconds(1).to_string())),
        ("allowedOrigins", Value::Null),
        ("rateLimit", Value::Null),
    ] {
        assert_refused(&role, Method::PATCH, &path, json!({ field: value }), field).await;
    }
    let same = json!({ "name": "b", "expiresAt": end.to_string(), "allowedOrigins": [ORIGIN], "rateLimit": 100 });
    let _ = role.patch(&path, &same).await.expect(200);
    let _ = role.patch(&path, &json!({ "rateLimit": 10 })).await.expect(200);
    let _ = role.patch(&path, &json!({ "scopes": ["read:keys", "write:files"] })).await.expect(200);
    assert_eq!(role.ask(Method::DELETE, &path).send().await.status.as_u16(), 204, "a leaked key can always be revoked");
}

#[tokio::test]
async fn restricted_key_grants_nothing_from_the_cache() {
    let world = World::new().await;
    let key = world.make_key(options(&[Scope::ReadFiles])).await;
    let role = world.with_key(&key);
    let new = json!({ "name": "a", "scopes": ["read:files"], "rateLimit": 1 });
    let _ = role.post(PATH, &new).await.expect(201);
    let less = json!({ "scopes": ["read:keys", "write:keys"] });
    let _ = world.server_key().patch(&path_of(&key), &less).await.expect(200);
    // The process still has the key with its old scopes.
    let _ = role.get("/api/v1/files/01900000-0000-7000-8000-000000000001").await.expect(404);
    let _ = role.post(PATH, &new).await.expect_problem(403, "forbidden");
    let give = json!({ "scopes": ["read:keys", "write:keys", "read:files"] });
    let _ = role.patch(&path_of(&key), &give).await.expect_problem(403, "forbidden");
    world.revoke(&key).await;
    let _ = role.post(PATH, &json!({ "name": "a", "scopes": ["read:keys"], "rateLimit": 1 })).await.expect(401);
}

#[tokio::test]
async fn race_restores_no_scopes() {
    let world = World::new().await;
    let caller = world.make_key(options(&[])).await;
    let caller = world.with_key(&caller);
    let admin = world.server_key();
    let (with, without) = (json!({ "scopes": ["read:keys", "write:files"] }), json!({ "scopes": ["read:keys"] }));
    for round in 0..40 {
        let key = world.make_key(options(&[Scope::WriteFiles])).await;
        let path = path_of(&key);
        let keep = async {
            // The caller may leave a scope that the key has, and not give it back.
            for _ in 0..round % 8 {
                tokio::task::yield_now().await;
            }
            caller.patch(&path, &with).await
        };
        let (kept, taken) = tokio::join!(keep, admin.patch(&path, &without));
        let _ = taken.expect(200);
        assert!([200, 403].contains(&kept.status.as_u16()), "{:?}", kept.bytes);
        let now = admin.get(&path).await.expect(200);
        assert_eq!(now["apiKey"]["scopes"], json!(["read:keys"]), "round {round}");
    }
}
