use deskless_domain::Clock;
use deskless_tests::{PreparedRequest, Role, World};
use http::Method;
use serde_json::{Value, json};

const SIGN: &str = "/api/v1/files/sign";
const MIB: u64 = 1024 * 1024;

fn sign<'w>(role: &Role<'w>, conversation: &Value, size: u64) -> PreparedRequest<'w> {
    let body = json!({ "fileName": "a", "contentType": "text/plain", "size": size, "conversationId": conversation });
    role.ask(Method::POST, SIGN).json(&body)
}

/// Returns a new anonymous customer with a conversation.
async fn stranger(world: &World) -> (Role<'_>, Value) {
    let opened = world.client_key().post("/api/v1/conversations", &json!({ "subject": "Hi" })).await.expect(201);
    let token = opened["customerToken"].as_str().expect("a token");
    (world.client_key().on_behalf_of(token), opened["conversation"]["id"].clone())
}

#[tokio::test]
async fn anonymous_customer_signs_at_most_100_mib_an_hour() {
    let world = World::new().await;
    let (eve, conversation) = stranger(&world).await;
    for number in 0..4 {
        let ask = sign(&eve, &conversation, 25 * MIB).header("idempotency-key", &format!("file-{number}"));
        let _ = ask.send_now().await.expect(201);
    }
    let refused = sign(&eve, &conversation, 1).send_now().await;
    let seconds: i64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=3600).contains(&seconds), "{seconds}");
    let problem = refused.expect_problem(429, "rate_limited");
    assert_eq!(
        problem["error"],
        format!(
            "Upload limit exceeded: a customer can sign 20 files and 104857600 bytes an hour. Try again in {seconds} s."
        )
    );
    // A repeat signs nothing new.
    let repeat = sign(&eve, &conversation, 25 * MIB).header("idempotency-key", "file-3").send_now().await;
    assert_eq!(repeat.header("idempotent-replayed"), Some("true"));
    let _ = repeat.expect(201);
    // The refusal wrote nothing, and others have quotas of their own.
    let (other, theirs) = stranger(&world).await;
    let _ = sign(&other, &theirs, 25 * MIB).send_now().await.expect(201);
    let _ = sign(&world.server_key(), &conversation, 25 * MIB).send_now().await.expect(201);
    let next_hour = 3_600_000 - world.clock.now().as_millis() % 3_600_000;
    world.clock.advance_millis(next_hour - 1);
    let _ = sign(&eve, &conversation, 1).send_now().await.expect_problem(429, "rate_limited");
    world.clock.advance_millis(1);
    let _ = sign(&eve, &conversation, 25 * MIB).send_now().await.expect(201);
    world.assert_sound().await;
}

#[tokio::test]
async fn customers_sign_limited_numbers_of_files() {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    let ada = world.client_key().on_behalf_of(&world.token(&secret, "cus_ada"));
    let opened = ada.post("/api/v1/conversations", &json!({ "subject": "Hi" })).await.expect(201);
    let (eve, theirs) = stranger(&world).await;
    for (role, conversation, files) in [(&ada, &opened["conversation"]["id"], 100), (&eve, &theirs, 20)] {
        for _ in 0..files {
            let _ = sign(role, conversation, 1).send_now().await.expect(201);
        }
        let _ = sign(role, conversation, 1).send_now().await.expect_problem(429, "rate_limited");
    }
    // An invalid request does not count.
    let _ = sign(&eve, &json!("01900000-0000-7000-8000-000000000001"), 1).send_now().await;
    world.assert_sound().await;
}
