//! The core contract, end to end through the real binaries.

use deskless_tests::example_conversation;
use http::Method;
use serde_json::json;

use crate::{gateway::FunctionResponse, watch::Watch};

const CONVERSATIONS: &str = "/api/v1/conversations";

#[tokio::test(flavor = "multi_thread")]
async fn binaries_implement_core_contract() {
    let Some(watch) = Watch::start("contract").await else { return };

    let created = watch.post(CONVERSATIONS, &example_conversation()).await;
    let path = created.header("location").expect("a location").to_owned();
    let conversation = created.expect(201)["conversation"].clone();
    assert_eq!(path, format!("{CONVERSATIONS}/{}", conversation["id"].as_str().expect("an id")));
    let _ = watch.post(CONVERSATIONS, &example_conversation()).await.expect_problem(409, "external_id_exists");

    let list = watch.get(&format!("{CONVERSATIONS}?status=open&limit=10")).await.expect(200);
    assert_eq!(list["conversations"], json!([conversation]));
    assert_eq!(watch.get(&path).await.expect(200)["conversation"], conversation);

    let messages = format!("{path}/messages");
    let said = json!({ "role": "user", "body": "I am getting a 401 from POST /orders. 🔑" });
    let message = watch.post(&messages, &said).await.expect(201)["message"].clone();
    assert_eq!(message["body"], said["body"]);
    assert_eq!(watch.get(&messages).await.expect(200)["messages"], json!([message]));
    assert_eq!(
        watch.get(&format!("{messages}/{}", message["id"].as_str().expect("an id"))).await.expect(200)["message"],
        message
    );

    let solved = watch.ask(Method::PATCH, &path).json(&json!({ "status": "solved" })).send().await.expect(200);
    assert_eq!(solved["conversation"]["status"], "solved");
    assert_eq!(solved["conversation"]["messageCount"], 1);

    watch.world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binaries_serve_dialects() {
    let Some(watch) = Watch::start("dialects").await else { return };
    let base = "/dialects/bancroft/api/v1/conversations";
    let body = json!({ "subject": "Help with order #1234", "user_email": "customer@example.com" });
    let created = watch.post(&format!("{base}/create/"), &body).await.expect(201);
    let path = format!("{base}/{}/", created["id"].as_str().expect("an id"));
    assert_eq!(watch.get(&path).await.expect(200)["subject"], "Help with order #1234");
    // The gateway passes every path of a dialect, and the dialect answers in its own format.
    let unknown = watch.get(&format!("{base}/no/such/route/")).await;
    assert_eq!(unknown.status.as_u16(), 404);
    assert!(unknown.json()["detail"].is_string(), "{:?}", unknown.bytes);
    watch.world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn binaries_follow_http_rules() {
    let Some(watch) = Watch::start("http").await else { return };
    let created = watch.post(CONVERSATIONS, &example_conversation()).await;
    let path = created.header("location").expect("a location").to_owned();

    let head = watch.ask(Method::HEAD, &path).send().await;
    assert_eq!((head.status.as_u16(), head.header("etag")), (200, Some("\"1\"")));
    let unchanged = watch.ask(Method::GET, &path).header("if-none-match", "\"1\"").send().await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
    let gzip = watch.ask(Method::GET, &path).header("accept-encoding", "gzip").send().await;
    let unpacked = FunctionResponse { answer: gzip, base64: true }.expect_gzip();
    assert_eq!(unpacked["conversation"]["externalId"], "ticket_123");
    let echoed = watch.ask(Method::GET, &path).header("x-request-id", "mine-1").send().await;
    assert_eq!(echoed.header("x-request-id"), Some("mine-1"));

    let refused = watch.ask(Method::PUT, &path).send().await;
    assert_eq!(refused.header("allow"), Some("GET,HEAD,PATCH,DELETE"));
    let _ = refused.expect_problem(405, "method_not_allowed");
    let foreign = watch.world.other_key().secret.reveal();
    let theirs = watch.ask(Method::GET, &path).header("x-api-key", foreign).send().await;
    let _ = theirs.expect_problem(401, "unauthorized");
    for nothing in [
        "/api/v1/conversations/",
        "/api/v1/conversations/a%20b",
        "/api/v1/conversations/a%3Fb%23c%25",
        "/api/v1/nothing",
    ] {
        let _ = watch.get(nothing).await.expect_problem(404, "not_found");
    }

    // API Gateway encodes bodies of other content types as base64.
    let body = json!({ "subject": "Hallo, grüß dich" }).to_string().into_bytes();
    let patched = watch.ask(Method::PATCH, &path).body("application/merge-patch+json", body);
    assert_eq!(patched.send().await.expect(200)["conversation"]["subject"], "Hallo, grüß dich");
    let large = watch.ask(Method::POST, CONVERSATIONS).body("application/json", vec![b' '; 1024 * 1024 + 1]);
    let _ = large.send().await.expect_problem(413, "payload_too_large");

    let preflight = watch.ask(Method::OPTIONS, &path).header("origin", "https://example.com");
    let preflight = preflight.header("access-control-request-method", "PATCH").send().await;
    assert_eq!((preflight.status.as_u16(), preflight.header("access-control-allow-origin")), (200, Some("*")));
    let answer = watch.ask(Method::GET, &path).header("origin", "https://example.com").send().await;
    assert!(answer.header("access-control-expose-headers").is_some_and(|all| all.contains("etag")));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_concurrent_requests_get_their_own_response() {
    let Some(watch) = Watch::start("sixty").await else { return };
    let requests = (0..60).map(|i| {
        let body = json!({ "subject": format!("No. {i}"), "customer": { "id": "cus_123" } });
        let ask = watch.ask(Method::POST, CONVERSATIONS).json(&body);
        async move { (ask.send().await.expect(201), body) }
    });
    for (created, body) in futures_util::future::join_all(requests).await {
        assert_eq!(created["conversation"]["subject"], body["subject"]);
    }
    watch.world.assert_sound().await;
}
