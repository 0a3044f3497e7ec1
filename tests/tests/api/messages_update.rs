//! Delivery reports of providers.

use deskless_tests::{Role, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

async fn open_on(role: &Role<'_>, channel: &str) -> String {
    let mut body = minimal_conversation();
    body["channel"] = json!(channel);
    format!("/api/v1/conversations/{}", role.open(&body).await["id"].as_str().expect("an id"))
}

/// Creates a message and returns its path.
async fn say(role: &Role<'_>, path: &str, body: Value) -> String {
    let said = role.post(&format!("{path}/messages"), &body).await.expect(201);
    format!("{path}/messages/{}", said["message"]["id"].as_str().expect("an id"))
}

fn reply() -> Value {
    json!({ "role": "assistant", "body": "Hi" })
}

#[tokio::test]
async fn delivery_status_never_moves_backwards() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open_on(&ours, "whatsapp").await;
    let words = ["queued", "sent", "failed", "delivered", "read"];
    for (place, known) in words.iter().enumerate() {
        for (other, reported) in words.iter().enumerate() {
            let message = say(&ours, &path, reply()).await;
            let _ = ours.patch(&message, &json!({ "deliveryStatus": known })).await.expect(200);
            let before = ours.get(&message).await;
            let answer = ours.patch(&message, &json!({ "deliveryStatus": reported })).await;
            let tag = answer.header("etag").map(str::to_owned);
            let wanted = if other > place { reported } else { known };
            assert_eq!(answer.clone().expect(200)["message"]["deliveryStatus"], *wanted, "{known}, then {reported}");
            assert_eq!(tag.as_deref() == before.header("etag"), other <= place, "{known}, then {reported}");
            assert_eq!(ours.get(&message).await.json(), answer.json());
        }
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn delivery_report_does_not_change_conversation() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open_on(&ours, "sms").await;
    let message = say(&ours, &path, reply()).await;
    let mut wanted = ours.get(&message).await.expect(200);
    let before = ours.get(&path).await;
    let answer = ours.patch(&message, &json!({ "deliveryStatus": "sent", "externalId": "SM1" })).await;
    assert_eq!(answer.header("etag"), Some("\"2\""));
    wanted["message"]["deliveryStatus"] = json!("sent");
    wanted["message"]["externalId"] = json!("SM1");
    assert_eq!(answer.expect(200), wanted);
    assert_eq!(ours.get(&message).await.expect(200), wanted);
    let listed = ours.get(&format!("{path}/messages")).await.expect(200);
    assert_eq!(listed["messages"], json!([wanted["message"]]));
    let after = ours.get(&path).await;
    assert_eq!((after.header("etag"), after.bytes.clone()), (before.header("etag"), before.bytes.clone()));
    world.assert_sound().await;
}

#[tokio::test]
async fn delivery_status_requires_provider_message() {
    let world = World::new().await;
    let ours = world.server_key();
    for (channel, body) in [
        ("whatsapp", json!({ "body": "Hi" })),
        ("whatsapp", json!({ "body": "Hi", "type": "note" })),
        ("whatsapp", json!({ "body": "Hi", "role": "system" })),
        ("live-chat", reply()),
        ("api", reply()),
    ] {
        let path = open_on(&ours, channel).await;
        let message = say(&ours, &path, body).await;
        for status in ["read", "delivered", "queued"] {
            let answer = ours.patch(&message, &json!({ "deliveryStatus": status })).await;
            let _ = answer.expect_invalid(&["deliveryStatus"]);
        }
        let answer = ours.patch(&message, &json!({ "externalId": "mid.1" })).await;
        assert_eq!(answer.expect(200)["message"]["externalId"], "mid.1", "any message may have an external ID");
    }
}

#[tokio::test]
async fn external_id_belongs_to_one_message() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open_on(&ours, "messenger").await;
    let (one, two) = (say(&ours, &path, reply()).await, say(&ours, &path, reply()).await);
    let name = async |message: &str, id: &str| ours.patch(message, &json!({ "externalId": id })).await;
    let first = name(&one, "mid.1").await.expect(200);
    assert_eq!(name(&one, "mid.1").await.header("etag"), Some("\"2\""), "the same report again changes nothing");
    let _ = name(&two, "mid.1").await.expect_problem(409, "conflict");
    let said = ours.post(&format!("{path}/messages"), &json!({ "body": "Hi", "externalId": "mid.1" })).await;
    assert_eq!(said.expect(200), first, "an echo returns the sent message");
    let _ = name(&one, "mid.2").await.expect(200);
    let _ = name(&two, "mid.1").await.expect_problem(409, "conflict");
    assert_eq!(name(&one, "mid.1").await.expect(200)["message"]["externalId"], "mid.1", "it already had this ID");
    let _ = ours.ask(Method::DELETE, &one).send().await.expect(204);
    let _ = name(&two, "mid.1").await.expect_problem(409, "conflict");
    let both = json!({ "externalId": "mid.1", "deliveryStatus": "read" });
    let _ = ours.patch(&two, &both).await.expect_problem(409, "conflict");
    assert_eq!(ours.get(&two).await.expect(200)["message"]["deliveryStatus"], "queued", "the report is atomic");
    world.assert_sound().await;
}

#[tokio::test]
async fn delivery_report_honours_if_match() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open_on(&ours, "whatsapp").await;
    let message = say(&ours, &path, reply()).await;
    let report = async |tag: &str, status: &str| {
        let ask = ours.ask(Method::PATCH, &message).header("if-match", tag);
        ask.json(&json!({ "deliveryStatus": status })).send().await
    };
    let _ = report("\"2\"", "sent").await.expect_problem(412, "version_mismatch");
    let _ = report("\"1\"", "sent").await.expect(200);
    let _ = report("\"1\"", "read").await.expect_problem(412, "version_mismatch");
    let _ = report("\"1\"", "queued").await.expect_problem(412, "version_mismatch");
    let _ = report("\"1\", \"2\"", "delivered").await.expect(200);
    let _ = report("*", "read").await.expect(200);
}

#[tokio::test]
async fn invalid_report_changes_nothing() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open_on(&ours, "whatsapp").await;
    let message = say(&ours, &path, reply()).await;
    let before = ours.get(&message).await;
    let _ = ours.patch(&message, &json!({})).await.expect_invalid(&[""]);
    let _ = ours.patch(&message, &json!({ "body": "Other words" })).await.expect_invalid(&["body"]);
    let wrong = json!({ "deliveryStatus": "seen", "externalId": null });
    let _ = ours.patch(&message, &wrong).await.expect_invalid(&["deliveryStatus", "externalId"]);
    let _ = world.other_workspace().patch(&message, &json!({ "deliveryStatus": "read" })).await.expect(404);
    let unknown = format!("{path}/messages/01900000-0000-7000-8000-000000000001");
    let _ = ours.patch(&unknown, &json!({ "deliveryStatus": "read" })).await.expect_problem(404, "not_found");
    assert_eq!(ours.get(&message).await.bytes, before.bytes);
}
