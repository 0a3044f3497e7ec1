//! What counts against a rate limit: the shares of visitors, and the work of a request.

use deskless_domain::{Clock, KeyKind, RateLimit};
use deskless_tests::{KeyOptions, Role, TestResponse, World, minimal_conversation};
use http::Method;
use serde_json::json;

const PATH: &str = "/api/v1/conversations";

fn limited(requests: u32, kind: KeyKind) -> KeyOptions {
    KeyOptions { kind, rate_limit: Some(RateLimit::new(requests).expect("a limit")), ..KeyOptions::default() }
}

async fn list(role: &Role<'_>) -> TestResponse {
    role.ask(Method::GET, PATH).send_now().await
}

/// Sends requests until one is refused. Returns how many were allowed.
async fn granted(role: &Role<'_>, most: usize) -> usize {
    for number in 0..most {
        if list(role).await.status == 429 {
            return number;
        }
    }
    most
}

fn start_of_minute(world: &World) {
    world.clock.advance_millis(60_000 - world.clock.now().as_millis() % 60_000);
}

/// Ten anonymous customers of one attacker cannot take the key from customers who have signed in.
#[tokio::test]
async fn anonymous_visitors_share_half_of_client_key() {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    let key = world.make_key(limited(100, KeyKind::Client)).await;
    start_of_minute(&world);
    let mut strangers = Vec::new();
    for _ in 0..10 {
        let ask = world.with_key(&key).ask(Method::POST, PATH).json(&json!({ "subject": "a" }));
        let opened = ask.send_now().await;
        let policy = "\"default\";q=100;w=60, \"opening\";q=10;w=60, \"anonymous\";q=50;w=60";
        assert_eq!(opened.header("ratelimit-policy"), Some(policy));
        let opened = opened.expect(201);
        strangers.push(world.with_key(&key).on_behalf_of(opened["customerToken"].as_str().expect("a token")));
    }
    let first = list(&strangers[0]).await;
    let policy = "\"default\";q=100;w=60, \"customer\";q=10;w=60, \"anonymous\";q=50;w=60";
    assert_eq!(first.header("ratelimit-policy"), Some(policy));
    assert_eq!(
        first.header("ratelimit"),
        Some("\"default\";r=89;t=60, \"customer\";r=9;t=60, \"anonymous\";r=39;t=60")
    );
    let mut all = 11;
    for stranger in &strangers {
        all += granted(stranger, 20).await;
    }
    assert_eq!(all, 50, "openings and anonymous customers together");
    let refused = list(&strangers[9]).await;
    assert!(refused.header("ratelimit").is_some_and(|state| state.contains("r=0")));
    let problem = refused.expect_problem(429, "rate_limited");
    assert_eq!(problem["error"], "Rate limit exceeded: 50 requests a minute. Try again in 60 s.");
    for number in 0..50 {
        let visitor = world.with_key(&key).on_behalf_of(&world.token(&secret, &format!("cus_{number}")));
        let _ = list(&visitor).await.expect(200);
    }
}

/// Returns the remaining requests of the key.
fn remaining(answer: &TestResponse) -> u64 {
    let state = answer.header("ratelimit").expect("a state");
    state.split("r=").nth(1).and_then(|rest| rest.split(';').next()?.parse().ok()).expect("a number")
}

async fn world_with_conversations(number: usize) -> World {
    let world = World::new().await;
    for _ in 0..number {
        let _ = world.server_key().open(&minimal_conversation()).await;
    }
    start_of_minute(&world);
    world
}

#[tokio::test]
async fn reading_past_nonmatching_rows_counts() {
    let world = world_with_conversations(40).await;
    let key = world.make_key(limited(100, KeyKind::Server)).await;
    let role = world.with_key(&key);
    let get = async |query: &str| role.ask(Method::GET, &format!("{PATH}?{query}")).send_now().await;
    assert_eq!(remaining(&get("limit=1").await), 99);
    assert_eq!(remaining(&get("limit=100").await), 98, "a full page is one request");
    // Two rows in the first round of queries, 38 in the others.
    for query in ["status=open&limit=1&tag=none", "sort=createdAt&limit=1&tag=none"] {
        let before = remaining(&get("limit=1").await);
        let nothing = get(query).await;
        assert_eq!(remaining(&nothing), before - 2, "{query}");
        assert_eq!(nothing.expect(200)["conversations"], json!([]));
    }
    // The same with HEAD.
    let before = remaining(&get("limit=1").await);
    let ask = role.ask(Method::HEAD, &format!("{PATH}?status=open&limit=1&tag=none")).skip_validation();
    assert_eq!(remaining(&ask.send_now().await), before - 2);
    assert_eq!(remaining(&get("limit=1").await), before - 3);
}

#[tokio::test]
async fn work_uses_up_limits_of_key_and_workspace() {
    for (of_key, of_workspace) in [(5, 1000), (1000, 5)] {
        let world = world_with_conversations(20).await;
        world.limit_workspace(RateLimit::new(of_workspace).expect("a limit")).await;
        let key = world.make_key(limited(of_key, KeyKind::Server)).await;
        let role = world.with_key(&key);
        start_of_minute(&world);
        let nothing = format!("{PATH}?status=open&limit=1&tag=none");
        for _ in 0..3 {
            let _ = role.ask(Method::GET, &nothing).send_now().await.expect(200);
        }
        let refused = list(&role).await;
        assert_eq!(refused.status, 429, "{of_key} and {of_workspace}: three requests that count twice");
        world.clock.advance_millis(60_000);
        let _ = list(&role).await.expect(200);
    }
}
