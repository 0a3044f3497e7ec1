use deskless_domain::{ApiKeySecret, Clock, KeyKind, Scope};
use deskless_tests::{Faults, KeyOptions, World, minimal_conversation};
use http::Method;

const PATH: &str = "/api/v1/conversations";

#[tokio::test]
async fn key_is_accepted_in_either_header() {
    let world = World::new().await;
    let secret = world.key().secret.reveal().to_owned();
    let anon = || world.anon().ask(Method::GET, PATH);
    for (name, value) in [
        ("authorization", format!("Bearer {secret}")),
        ("authorization", format!("bearer {secret}")),
        ("authorization", format!("BEARER   {secret}")),
        ("x-api-key", secret.clone()),
    ] {
        let _ = anon().header(name, &value).send().await.expect(200);
    }
    let both = anon().header("authorization", &format!("Bearer {secret}")).header("x-api-key", &secret);
    let _ = both.send().await.expect(200);
}

#[tokio::test]
async fn missing_or_malformed_key_is_refused() {
    let world = World::new().await;
    let secret = world.key().secret.reveal().to_owned();
    let other = world.make_key(KeyOptions::default()).await;
    let ask = || world.anon().ask(Method::GET, PATH);
    let mut flipped = secret.clone();
    flipped.replace_range(20..21, if &secret[20..21] == "a" { "b" } else { "a" });
    for request in [
        ask(),
        ask().header("authorization", ""),
        ask().header("authorization", "Bearer"),
        ask().header("authorization", "Bearer "),
        ask().header("authorization", &secret),
        ask().header("authorization", &format!("Basic {secret}")),
        ask().header("authorization", &format!("Bearer {}", &secret[..secret.len() - 1])),
        ask().header("authorization", &format!("Bearer {secret}x")),
        ask().header("authorization", &format!("Bearer {flipped}")),
        ask().header("x-api-key", &secret.to_uppercase()),
        ask().header("x-api-key", "ü"),
        ask().header("x-api-key", &secret).header("authorization", &format!("Bearer {}", other.secret.reveal())),
        ask().header("x-api-key", &secret).append_header("x-api-key", &secret),
        ask().header("authorization", &format!("Bearer {secret}")).append_header("authorization", "Bearer x"),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let _ = answer.expect_problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn errors_of_headers_name_the_header() {
    let world = World::new().await;
    let secret = world.key().secret.reveal().to_owned();
    let ask = || world.anon().ask(Method::GET, PATH);
    for (request, header) in [
        (ask(), "`Authorization: Bearer <key>`"),
        (ask().header("authorization", &secret), "`Authorization` header must have the form `Bearer <key>`"),
        (ask().header("authorization", "Bearer ü"), "`Authorization` header has characters"),
        (ask().header("x-api-key", "ü"), "`X-API-Key` header has characters"),
        (ask().header("x-api-key", &secret).append_header("x-api-key", &secret), "more than one `X-API-Key` header"),
    ] {
        let problem = request.send().await.expect_problem(401, "unauthorized");
        assert!(problem["error"].as_str().is_some_and(|error| error.contains(header)), "{problem:#}");
    }
    let post = || world.server_key().ask(Method::POST, PATH).json(&minimal_conversation());
    let long = "k".repeat(256);
    for (request, error) in [
        (post().header("idempotency-key", ""), "`Idempotency-Key` must be 1 to 255 printable ASCII characters."),
        (post().header("idempotency-key", &long), "`Idempotency-Key` must be 1 to 255 printable ASCII characters."),
        (post().header("idempotency-key", "ü"), "`Idempotency-Key` must be 1 to 255 printable ASCII characters."),
        (
            post().header("idempotency-key", "a").append_header("idempotency-key", "a"),
            "`Idempotency-Key` must be sent only once.",
        ),
    ] {
        assert_eq!(request.send().await.expect_invalid(&["Idempotency-Key"])["error"], error);
    }
}

#[tokio::test]
async fn unknown_key_is_refused() {
    let world = World::new().await;
    let stranger = deskless_domain::ApiKeySecret::generate(KeyKind::Server, &*world.clock);
    let _ = world.with_secret(stranger.reveal()).get(PATH).await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn key_expires_to_the_millisecond() {
    let world = World::new().await;
    let end = world.clock.now().plus_seconds(10);
    let key = world.make_key(KeyOptions { expires_at: Some(end), ..KeyOptions::default() }).await;
    let holder = world.with_key(&key);
    world.clock.advance_millis(9_999);
    let _ = holder.ask(Method::GET, PATH).send_now().await.expect(200);
    world.clock.advance_millis(1);
    let _ = holder.ask(Method::GET, PATH).send_now().await.expect_problem(401, "key_expired");
}

#[tokio::test]
async fn revoked_key_stops_working_within_30_seconds() {
    let world = World::new().await;
    let key = world.make_key(KeyOptions::default()).await;
    let holder = world.with_key(&key);
    let _ = holder.get(PATH).await.expect(200);
    world.revoke(&key).await;
    world.clock.advance_millis(29_000);
    let _ = holder.get(PATH).await.expect_problem(401, "unauthorized");
    let _ = world.server_key().get(PATH).await.expect(200);
}

#[tokio::test]
async fn key_cache_expires_and_survives_no_clock_rollback() {
    let world = World::behind_proxy(deskless_tests::Faults::default()).await;
    let reads = async || {
        let _ = world.server_key().ask(Method::GET, PATH).send_now().await.expect(200);
        world.proxy().take_meter().operations.iter().filter(|operation| *operation == "GetItem").count()
    };
    // The key and its workspace.
    assert_eq!(reads().await, 2);
    assert_eq!(reads().await, 0);
    world.clock.advance_millis(19_999);
    assert_eq!(reads().await, 0);
    world.clock.advance_millis(1);
    assert_eq!(reads().await, 2);
    world.clock.advance_millis(-5);
    assert_eq!(reads().await, 2);
}

#[tokio::test]
async fn malformed_key_costs_no_read() {
    let world = World::behind_proxy(deskless_tests::Faults::default()).await;
    let _ = world.with_secret("dsk_sv_000000000000000000000000000000000000").get(PATH).await.expect(401);
    assert_eq!(world.proxy().take_meter().operations.len(), 0);
}

#[tokio::test]
async fn each_operation_requires_its_scope() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let only = async |scope| world.make_key(KeyOptions { scopes: vec![scope], ..KeyOptions::default() }).await;
    let (reader, writer) = (only(Scope::ReadConversations).await, only(Scope::WriteConversations).await);
    let (reader, writer) = (world.with_key(&reader), world.with_key(&writer));
    let messages = format!("{path}/messages");
    for readable in [PATH, &path, &messages] {
        let _ = reader.get(readable).await.expect(200);
        let problem = writer.get(readable).await.expect_problem(403, "forbidden");
        assert_eq!(problem["error"], "The API key does not have the scope `read:conversations`.");
    }
    let body = serde_json::json!({ "body": "Hi" });
    let change = serde_json::json!({ "priority": "high" });
    let _ = reader.post(PATH, &minimal_conversation()).await.expect_problem(403, "forbidden");
    let _ = reader.post(&messages, &body).await.expect_problem(403, "forbidden");
    let _ = reader.patch(&path, &change).await.expect_problem(403, "forbidden");
    // It writes, and sees nothing of it.
    let _ = writer.post(PATH, &minimal_conversation()).await.expect(204);
    let _ = writer.post(&messages, &body).await.expect(204);
    let _ = writer.patch(&path, &change).await.expect(204);
}

#[tokio::test]
async fn missing_scope_is_reported_before_invalid_body() {
    let world = World::new().await;
    let key = world.make_key(KeyOptions { scopes: vec![], ..KeyOptions::default() }).await;
    let nonsense = serde_json::json!({ "nonsense": true });
    let _ = world.with_key(&key).post(PATH, &nonsense).await.expect_problem(403, "forbidden");
    let _ = world.anon().post(PATH, &nonsense).await.expect_problem(401, "unauthorized");
    let _ = world.anon().get("/api/v1/conversations/nonsense").await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn key_with_origins_is_restricted_to_them() {
    let world = World::new().await;
    let origins = vec!["https://app.example.com", "http://localhost:3000"];
    let key = world.make_key(KeyOptions { origins, ..KeyOptions::default() }).await;
    let ask = || world.with_key(&key).ask(Method::GET, PATH);
    for origin in ["https://app.example.com", "http://localhost:3000"] {
        let _ = ask().header("origin", origin).send().await.expect(200);
    }
    for origin in ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null"] {
        let problem = ask().header("origin", origin).send().await.expect_problem(403, "forbidden");
        assert!(problem["error"].as_str().expect("text").contains(origin));
    }
    let _ = ask().send().await.expect_problem(403, "forbidden");
    let _ = world.server_key().ask(Method::GET, PATH).header("origin", "https://any.example").send().await.expect(200);
}

#[tokio::test]
async fn table_contains_no_secrets() {
    let world = World::new().await;
    let secret = world.key().secret.reveal().to_owned();
    let _ = world.server_key().get(PATH).await.expect(200);
    assert!(world.rows().await.iter().all(|row| !row.0.to_string().contains(&secret[7..40])));
}

#[tokio::test]
async fn unknown_key_is_looked_up_once_in_five_seconds() {
    let world = World::behind_proxy(Faults::default()).await;
    let invented = ApiKeySecret::generate(KeyKind::Server, &*world.clock);
    let ask = async || {
        let answer = world.with_secret(invented.reveal()).ask(Method::GET, PATH).send_now().await;
        let _ = answer.expect_problem(401, "unauthorized");
    };
    let _ = world.proxy().take_meter();
    for _ in 0..20 {
        ask().await;
    }
    assert_eq!(world.proxy().take_meter().operations, ["GetItem"], "twenty requests");
    world.clock.advance_millis(5_000);
    ask().await;
    assert_eq!(world.proxy().take_meter().operations, ["GetItem"], "five seconds later");
    // A new key works at once, also while others are remembered as unknown.
    let key = world.make_key(KeyOptions::default()).await;
    let _ = world.with_key(&key).ask(Method::GET, PATH).send_now().await.expect(200);
}

#[tokio::test]
async fn key_that_was_unknown_works_within_five_seconds() {
    let world = World::new().await;
    let key = world.make_key(KeyOptions::default()).await;
    let id = key.key.id.to_string();
    let rows = world.all_rows().await;
    let row = rows.into_iter().find(|row| row.pk().starts_with("K#") && row.0["id"]["S"] == id.as_str());
    let row = row.expect("the key's item");
    world.expire(&row).await;
    let status = async || world.with_key(&key).ask(Method::GET, PATH).send_now().await.status.as_u16();
    assert_eq!(status().await, 401);
    world.put(&row).await;
    assert_eq!(status().await, 401, "still remembered");
    world.clock.advance_millis(5_000);
    assert_eq!(status().await, 200);
}
