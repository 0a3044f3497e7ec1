//! A provider's retry, identified by its external ID, returns the first message.

use deskless_tests::{Role, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

fn thread(path: &str) -> String {
    format!("{path}/messages")
}

fn inbound(id: &str, body: &str) -> Value {
    json!({ "body": body, "externalId": id })
}

async fn messages(role: &Role<'_>, path: &str) -> Value {
    role.get(&thread(path)).await.expect(200)["messages"].clone()
}

#[tokio::test]
async fn provider_retry_returns_first_message() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let first = ours.post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect(201)["message"].clone();
    assert_eq!(first["externalId"], "wamid.1");
    let before = ours.get(&path).await.expect(200);
    let again = ours.post(&thread(&path), &inbound("wamid.1", "Hi")).await;
    assert_eq!((again.header("etag"), again.header("location")), (Some("\"1\""), None));
    assert_eq!(again.expect(200)["message"], first);
    let other_words = ours.post(&thread(&path), &inbound("wamid.1", "Hello")).await.expect(200);
    assert_eq!(other_words["message"], first, "the external ID decides, not the text");
    assert_eq!(ours.get(&path).await.expect(200), before, "nothing else changed");
    let second = ours.post(&thread(&path), &inbound("wamid.2", "Hi")).await.expect(201)["message"].clone();
    assert_eq!(messages(&ours, &path).await, json!([first, second]));
    world.assert_sound().await;
}

#[tokio::test]
async fn external_id_is_scoped_to_conversation() {
    let world = World::new().await;
    let ours = world.server_key();
    for _ in 0..2 {
        let path = ours.open_path().await;
        let _ = ours.post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect(201);
    }
    let theirs = world.other_workspace();
    let path = theirs.open_path().await;
    let _ = theirs.post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect(201);
    world.assert_sound().await;
}

#[tokio::test]
async fn first_message_accepts_external_id() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["message"] = inbound("wamid.1", "Hi");
    let path = format!("/api/v1/conversations/{}", ours.open(&body).await["id"].as_str().expect("an id"));
    let first = messages(&ours, &path).await[0].clone();
    assert_eq!(first["externalId"], "wamid.1");
    assert_eq!(ours.post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect(200)["message"], first);
    world.assert_sound().await;
}

#[tokio::test]
async fn retry_of_deleted_message_is_refused() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let first = ours.post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect(201)["message"].clone();
    let message = format!("{}/{}", thread(&path), first["id"].as_str().expect("an id"));
    let _ = ours.ask(Method::DELETE, &message).send().await.expect(204);
    let _ = ours.post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect_problem(409, "message_deleted");
    assert_eq!(messages(&ours, &path).await, json!([]));
    world.assert_sound().await;
}

#[tokio::test]
async fn idempotency_key_takes_precedence() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let send = async |key: &str, body: Value| {
        ours.ask(Method::POST, &thread(&path)).header("idempotency-key", key).json(&body).send().await
    };
    let first = send("a", inbound("wamid.1", "Hi")).await;
    let replayed = send("a", inbound("wamid.1", "Hi")).await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!((replayed.status.as_u16(), &replayed.bytes), (201, &first.bytes));
    let known = send("b", inbound("wamid.1", "Hi")).await;
    assert_eq!((known.status.as_u16(), known.header("idempotent-replayed")), (200, None));
    assert_eq!(known.bytes, first.bytes);
    let replayed = send("b", inbound("wamid.1", "Hi")).await;
    assert_eq!((replayed.status.as_u16(), replayed.header("idempotent-replayed")), (200, Some("true")));
    for key in ["a", "b"] {
        let _ = send(key, inbound("wamid.1", "Hello")).await.expect_problem(422, "idempotency_key_reused");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn external_id_length_is_limited() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let _ = ours.post(&thread(&path), &inbound(&"ü".repeat(255), "Hi")).await.expect(201);
    for wrong in [String::new(), " ".to_owned(), "x".repeat(256), "a\nb".to_owned()] {
        let _ = ours.post(&thread(&path), &inbound(&wrong, "Hi")).await.expect_invalid(&["externalId"]);
    }
    let _ = ours.post(&thread(&path), &json!({ "body": "Hi", "externalId": 7 })).await.expect_invalid(&["externalId"]);
}

#[tokio::test]
async fn external_id_gives_no_access_to_foreign_thread() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = world.server_key().post(&thread(&path), &inbound("wamid.1", "Hi")).await.expect(201);
    let answer = world.other_workspace().post(&thread(&path), &inbound("wamid.1", "Hi")).await;
    let _ = answer.expect_problem(404, "not_found");
}

#[tokio::test]
async fn concurrent_deliveries_create_one_message() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let thread = thread(&path);
    world.clock.advance_millis(1000);
    let send = |_| ours.ask(Method::POST, &thread).json(&inbound("wamid.1", "Hi")).send_now();
    let answers = futures_util::future::join_all((0..16).map(send)).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((count(201), count(200)), (1, 15));
    let written = messages(&ours, &path).await;
    for answer in answers {
        assert_eq!(json!([answer.json()["message"]]), written);
    }
    world.assert_sound().await;
}
