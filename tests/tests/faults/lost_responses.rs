//! Writes that the engine commits but whose response is lost. The caller gets success, and there is one effect.

use deskless_tests::{Faults, Role, TestClock, TestResponse, World, example_conversation, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

use crate::support::{CONVERSATIONS, all, text};

/// The SDK recovers from one lost response. More than its four attempts reach the store's own retries.
const LOST: [u64; 2] = [1, 6];

fn losing(answers: u64) -> Faults {
    Faults { lost_responses: answers, ..Faults::default() }
}

async fn conversations(role: &Role<'_>) -> Vec<Value> {
    all(role, CONVERSATIONS, "conversations").await
}

/// Creates a conversation while responses are lost, and asserts that exactly one exists and was returned.
async fn open_once(body: &Value, key: Option<&str>) {
    for lost in LOST {
        let world = World::behind_proxy(losing(lost)).await;
        let role = world.server_key();
        let ask = || {
            let ask = role.ask(Method::POST, CONVERSATIONS).json(body);
            if let Some(key) = key { ask.header("idempotency-key", key) } else { ask }
        };
        let answer = ask().send().await;
        assert_eq!(answer.header("etag"), Some("\"1\""), "{answer:?}");
        let opened = answer.clone().expect(201)["conversation"].clone();
        assert_eq!(world.proxy().take_meter().disturbed as u64, lost);
        assert_eq!(conversations(&role).await, std::slice::from_ref(&opened));
        let path = format!("{CONVERSATIONS}/{}", text(&opened, "id"));
        assert_eq!(role.get(&path).await.expect(200)["conversation"], opened);
        let messages = all(&role, &format!("{path}/messages"), "messages").await;
        assert_eq!(messages.len(), usize::from(body.get("message").is_some()));
        if key.is_some() {
            let again = ask().send().await;
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
            assert_eq!(again.bytes, answer.bytes);
            assert_eq!(conversations(&role).await.len(), 1);
        }
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn conversation_is_created_once() {
    open_once(&minimal_conversation(), None).await;
}

#[tokio::test]
async fn conversation_of_known_customer_is_created_once() {
    // The customer exists, so the conversation is a single item: no transaction and no request token.
    for lost in LOST {
        let world = World::behind_proxy(Faults::default()).await;
        let role = world.server_key();
        let before = role.open(&minimal_conversation()).await;
        let _ = world.proxy().take_meter();
        world.proxy().set_faults(losing(lost));
        let answer = role.post(CONVERSATIONS, &minimal_conversation()).await;
        let opened = answer.expect(201)["conversation"].clone();
        let meter = world.proxy().take_meter();
        assert_eq!(meter.disturbed as u64, lost);
        assert!(meter.operations.iter().any(|operation| operation == "PutItem"), "{:?}", meter.operations);
        assert_eq!(conversations(&role).await, [opened, before]);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn conversation_with_message_is_created_once() {
    let mut body = minimal_conversation();
    body["message"] = json!({ "body": "Hello" });
    open_once(&body, None).await;
}

#[tokio::test]
async fn conversation_with_external_id_is_created_once() {
    open_once(&example_conversation(), None).await;
}

#[tokio::test]
async fn conversation_with_idempotency_key_is_created_once() {
    let mut body = example_conversation();
    body["message"] = json!({ "body": "Hello" });
    open_once(&body, Some("key")).await;
}

/// Updates a conversation while responses are lost, and asserts that it changed once.
async fn change_once(change: &Value, if_match: Option<&str>) {
    for lost in LOST {
        let world = World::behind_proxy(Faults::default()).await;
        let role = world.server_key();
        let path = role.open_path().await;
        let _ = world.proxy().take_meter();
        world.proxy().set_faults(losing(lost));
        let mut ask = role.ask(Method::PATCH, &path).json(change);
        if let Some(tag) = if_match {
            ask = ask.header("if-match", tag);
        }
        let answer = ask.send().await;
        assert_eq!(answer.header("etag"), Some("\"2\""), "the update is applied once: {answer:?}");
        let changed = answer.expect(200)["conversation"].clone();
        assert_eq!(world.proxy().take_meter().disturbed as u64, lost);
        for (field, value) in change.as_object().expect("fields") {
            assert_eq!(changed[field], *value);
        }
        let answer = role.get(&path).await;
        assert_eq!(answer.header("etag"), Some("\"2\""));
        assert_eq!(answer.expect(200)["conversation"], changed);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn update_is_applied_once() {
    change_once(&json!({ "status": "solved", "resolution": "closed", "tags": ["a"] }), None).await;
}

#[tokio::test]
async fn update_with_if_match_is_applied_once() {
    change_once(&json!({ "status": "waiting", "metadata": { "a": 1 } }), Some("\"1\"")).await;
}

#[tokio::test]
async fn large_metadata_update_is_applied_once() {
    for if_match in [None, Some("\"1\"")] {
        change_once(&json!({ "metadata": { "a": "x".repeat(3000) } }), if_match).await;
    }
}

/// Creates a message while responses are lost, and asserts that exactly one exists.
async fn write_once(key: Option<&str>) {
    for lost in LOST {
        let world = World::behind_proxy(Faults::default()).await;
        let role = world.server_key();
        let path = format!("{}/messages", role.open_path().await);
        let _ = world.proxy().take_meter();
        world.proxy().set_faults(losing(lost));
        let ask = || {
            let ask = role.ask(Method::POST, &path).json(&json!({ "body": "Hello" }));
            if let Some(key) = key { ask.header("idempotency-key", key) } else { ask }
        };
        let answer = ask().send().await;
        let written = answer.clone().expect(201)["message"].clone();
        assert_eq!(world.proxy().take_meter().disturbed as u64, lost);
        if key.is_some() {
            let again = ask().send().await;
            assert_eq!((again.status, again.bytes), (answer.status, answer.bytes));
        }
        assert_eq!(all(&role, &path, "messages").await, [written]);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn message_is_created_once() {
    write_once(None).await;
}

#[tokio::test]
async fn message_with_idempotency_key_is_created_once() {
    write_once(Some("key")).await;
}

#[tokio::test]
async fn message_with_external_id_is_created_once() {
    for (lost, key) in LOST.into_iter().flat_map(|lost| [(lost, None), (lost, Some("key"))]) {
        let world = World::behind_proxy(Faults::default()).await;
        let role = world.server_key();
        let path = format!("{}/messages", role.open_path().await);
        let _ = world.proxy().take_meter();
        world.proxy().set_faults(losing(lost));
        let body = json!({ "body": "Hello", "externalId": "wamid.1" });
        let mut ask = role.ask(Method::POST, &path).json(&body);
        if let Some(key) = key {
            ask = ask.header("idempotency-key", key);
        }
        let written = ask.send().await.expect(201)["message"].clone();
        assert_eq!(world.proxy().take_meter().disturbed as u64, lost);
        assert_eq!(role.post(&path, &body).await.expect(200)["message"], written);
        assert_eq!(all(&role, &path, "messages").await, [written]);
        world.assert_sound().await;
    }
}

/// Returns a world with an assistant's message on a provider channel.
async fn with_a_reply() -> (World, String, String) {
    let world = World::behind_proxy(Faults::default()).await;
    let mut body = minimal_conversation();
    body["channel"] = json!("whatsapp");
    let conversation = format!("{CONVERSATIONS}/{}", text(&world.server_key().open(&body).await, "id"));
    let thread = format!("{conversation}/messages");
    let said = json!({ "role": "assistant", "body": "Hello" });
    let said = world.server_key().post(&thread, &said).await.expect(201)["message"].clone();
    let message = format!("{thread}/{}", text(&said, "id"));
    let _ = world.proxy().take_meter();
    (world, conversation, message)
}

#[tokio::test]
async fn delivery_report_is_applied_once() {
    for if_match in [None, Some("\"1\"")] {
        for lost in LOST {
            let (world, _, message) = with_a_reply().await;
            world.proxy().set_faults(losing(lost));
            let report = json!({ "deliveryStatus": "sent", "externalId": "wamid.1" });
            let mut ask = world.server_key().ask(Method::PATCH, &message).json(&report);
            if let Some(tag) = if_match {
                ask = ask.header("if-match", tag);
            }
            let answer = ask.send().await;
            assert_eq!(answer.header("etag"), Some("\"2\""), "the report is applied once: {answer:?}");
            assert_eq!(world.proxy().take_meter().disturbed as u64, lost);
            let told = answer.expect(200);
            assert_eq!(world.server_key().get(&message).await.expect(200), told);
            world.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn message_delete_is_applied_once() {
    for if_match in [None, Some("\"1\"")] {
        for lost in LOST {
            let (world, conversation, message) = with_a_reply().await;
            world.proxy().set_faults(losing(lost));
            let mut ask = world.server_key().ask(Method::DELETE, &message);
            if let Some(tag) = if_match {
                ask = ask.header("if-match", tag);
            }
            let _ = ask.send().await.expect(204);
            assert_eq!(world.proxy().take_meter().disturbed as u64, lost);
            let answer = world.server_key().get(&conversation).await;
            assert_eq!(answer.header("etag"), Some("\"3\""));
            assert_eq!(answer.expect(200)["conversation"]["messageCount"], 0);
            world.assert_sound().await;
        }
    }
}

#[tokio::test]
async fn delete_is_not_reapplied_after_a_new_message() {
    let (world, conversation, message) = with_a_reply().await;
    let elsewhere = world.machine_past_proxy(TestClock::new(8));
    let (role, other) = (world.server_key(), world.server_key().at(&elsewhere));
    let answer = meanwhile(&world, role.ask(Method::DELETE, &message).send(), async {
        let _ = other.post(&format!("{conversation}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    })
    .await;
    let _ = answer.expect(204);
    let now = role.get(&conversation).await.expect(200)["conversation"].clone();
    assert_eq!((&now["messageCount"], &now["unreadCount"], &now["preview"]), (&json!(1), &json!(1), &json!("Hi")));
    world.assert_sound().await;
}

/// Loses the responses to `ask` until `meanwhile` has finished on a process without faults.
async fn meanwhile(
    world: &World,
    ask: impl Future<Output = TestResponse>,
    meanwhile: impl Future<Output = ()>,
) -> TestResponse {
    world.proxy().set_faults(losing(u64::MAX));
    let interrupt = async {
        world.proxy().wait_for_faults(1).await;
        meanwhile.await;
        world.proxy().set_faults(Faults::default());
    };
    futures_util::join!(ask, interrupt).0
}

#[tokio::test]
async fn update_is_not_reapplied_after_a_customer_reply() {
    for if_match in [None, Some("\"1\"")] {
        let world = World::behind_proxy(Faults::default()).await;
        let elsewhere = world.machine_past_proxy(TestClock::new(8));
        let (role, customer) = (world.server_key(), world.server_key().at(&elsewhere));
        let path = role.open_path().await;
        let mut ask = role.ask(Method::PATCH, &path).json(&json!({ "status": "solved" }));
        if let Some(tag) = if_match {
            ask = ask.header("if-match", tag);
        }
        let answer = meanwhile(&world, ask.send(), async {
            let solved = customer.get(&path).await.expect(200)["conversation"].clone();
            assert_eq!(solved["status"], "solved", "the first attempt was carried out");
            let _ = customer.post(&format!("{path}/messages"), &json!({ "body": "Not yet" })).await.expect(201);
        })
        .await;
        let told = answer.expect(200)["conversation"].clone();
        assert_eq!(told["status"], "open", "the later reply reopened it");
        assert_eq!(role.get(&path).await.expect(200)["conversation"], told);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn message_is_not_rewritten_after_a_new_message() {
    for key in [None, Some("key")] {
        let world = World::behind_proxy(Faults::default()).await;
        let elsewhere = world.machine_past_proxy(TestClock::new(8));
        let (role, other) = (world.server_key(), world.server_key().at(&elsewhere));
        let path = format!("{}/messages", role.open_path().await);
        let mut ask = role.ask(Method::POST, &path).json(&json!({ "body": "First" }));
        if let Some(key) = key {
            ask = ask.header("idempotency-key", key);
        }
        let answer = meanwhile(&world, ask.send(), async {
            let _ = other.post(&path, &json!({ "body": "Second" })).await.expect(201);
        })
        .await;
        let first = answer.expect(201)["message"].clone();
        let thread = all(&role, &path, "messages").await;
        assert_eq!(thread.iter().map(|m| text(m, "body")).collect::<Vec<_>>(), ["First", "Second"]);
        assert_eq!(thread[0], first);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn conversation_is_not_recreated_after_first_message() {
    let world = World::behind_proxy(Faults::default()).await;
    let elsewhere = world.machine_past_proxy(TestClock::new(8));
    let (role, other) = (world.server_key(), world.server_key().at(&elsewhere));
    let _ = role.open(&minimal_conversation()).await;
    let answer = meanwhile(&world, role.post(CONVERSATIONS, &minimal_conversation()), async {
        let opened = conversations(&other).await.into_iter().next().expect("the first attempt was carried out");
        let path = format!("{CONVERSATIONS}/{}/messages", text(&opened, "id"));
        let _ = other.post(&path, &json!({ "body": "Hello" })).await.expect(201);
    })
    .await;
    let opened = answer.expect(201)["conversation"].clone();
    let listed = conversations(&role).await;
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["id"], &listed[0]["messageCount"]), (&opened["id"], &json!(1)));
    world.assert_sound().await;
}

/// Returns the tokens of the transactions that a reply needed while the proxy injected faults.
async fn tokens_of_reply(faults: Faults, count: usize) -> Vec<String> {
    let world = World::behind_proxy(Faults::default()).await;
    let role = world.server_key();
    let path = format!("{}/messages", role.open_path().await);
    let _ = world.proxy().take_meter();
    world.proxy().set_faults(faults);
    let body = json!({ "body": "Hi" });
    let heal = async {
        world.proxy().wait_for_faults(count).await;
        world.proxy().set_faults(Faults::default());
    };
    let (answer, ()) = tokio::join!(role.post(&path, &body), heal);
    let _ = answer.expect(201);
    assert_eq!(all(&role, &path, "messages").await.len(), 1);
    world.assert_sound().await;
    world.proxy().take_meter().tokens
}

#[tokio::test]
async fn retry_keeps_its_token_only_after_a_lost_response() {
    let lost = tokens_of_reply(losing(2), 2).await;
    assert!(lost.len() == 3 && lost.iter().all(|token| *token == lost[0]), "{lost:?}");
    let cancelled = tokens_of_reply(Faults { conflicts_percent: 100, ..Faults::default() }, 2).await;
    let different: std::collections::BTreeSet<_> = cancelled.iter().collect();
    assert!(cancelled.len() >= 3 && different.len() == cancelled.len(), "{cancelled:?}");
}
