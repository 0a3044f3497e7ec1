//! Structured content, and messages that are too long for their item.

use deskless_tests::{World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const KIB: usize = 1024;
/// Numbers that a double does not represent, and members that are not in alphabetical order.
const CONTENT: &str = r#"[{"type":"function_call","arguments":{"b":89490200001234567890,"a":1.50,"c":1e2,"d":null}}]"#;

/// A text of this many bytes with two-byte characters, a quotation mark and a line break.
fn text(bytes: usize) -> String {
    let end = "\"\n";
    format!("{}{}{end}", if bytes % 2 == 1 { "a" } else { "" }, "ü".repeat((bytes - end.len()) / 2))
}

fn contents(world: &World) -> Vec<String> {
    world.objects().into_iter().filter(|key| key.starts_with("content/")).collect()
}

async fn say(world: &World, path: &str, body: &Value) -> Value {
    world.server_key().post(&format!("{path}/messages"), body).await.expect(201)["message"].clone()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

#[tokio::test]
async fn content_is_kept_digit_by_digit() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let long = format!(r#"{{"z":"{}","a":{CONTENT}}}"#, "ü".repeat(10 * KIB));
    for content in [CONTENT, &long, "{}", "[]"] {
        let body = format!(r#"{{"body":"Hi","content": {content}}}"#);
        let ask = ours.ask(Method::POST, &format!("{path}/messages")).body("application/json", body);
        let answer = ask.send().await;
        let shown = format!(r#""body":"Hi","content":{content},"#);
        let said = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(said.contains(&shown), "{said}");
        let message = answer.expect(201)["message"].clone();
        for read in [format!("{path}/messages/{}", id(&message)), format!("{path}/messages?order=desc&limit=1")] {
            let answer = ours.get(&read).await;
            assert!(String::from_utf8_lossy(&answer.bytes).contains(&shown), "{read}: {answer:?}");
        }
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn message_may_have_content_alone() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["message"] = json!({ "role": "assistant", "type": "note", "content": { "type": "reasoning" } });
    let path = format!("/api/v1/conversations/{}", id(&ours.open(&body).await));
    let _ = say(&world, &path, &json!({ "body": "", "content": [] })).await;
    let page = ours.get(&format!("{path}?include=messages")).await.expect(200);
    let shown = |i: usize| (page["messages"][i]["body"].clone(), page["messages"][i]["content"].clone());
    assert_eq!(shown(0), (json!(""), json!({ "type": "reasoning" })));
    assert_eq!(shown(1), (json!(""), json!([])));
    for content in [json!("text"), json!(1)] {
        let refused = ours.post(&format!("{path}/messages"), &json!({ "body": "a", "content": content })).await;
        let problem = refused.expect_invalid(&["content"]);
        assert_eq!(problem["error"], "`content` must be an object or an array. Send text as `body`.");
    }
    let too_long = json!({ "content": ["x".repeat(512 * KIB - 3)] });
    let _ = ours.post(&format!("{path}/messages"), &too_long).await.expect_invalid(&["content"]);
    let _ = ours.post(&format!("{path}/messages"), &json!({ "content": null })).await.expect_invalid(&["body"]);
    world.assert_sound().await;
}

#[tokio::test]
async fn customers_neither_send_nor_see_content() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = say(&world, &path, &json!({ "body": "Hi", "content": { "internal": true } })).await;
    let browser = world.client_key().on_behalf_of(&world.token(&world.rotate_identity().await, "cus_123"));
    let page = browser.get(&format!("{path}/messages")).await.expect(200);
    assert_eq!((&page["messages"][0]["body"], page["messages"][0].get("content")), (&json!("Hi"), None));
    let sent = browser.ask(Method::POST, &format!("{path}/messages")).json(&json!({ "body": "a", "content": [] }));
    let _ = sent.skip_validation().send().await.expect_invalid(&["content"]);
}

#[tokio::test]
async fn body_of_256_kib_round_trips() {
    let world = World::new().await;
    world.limit_bodies(262_144).await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let body = json!({ "body": text(256 * KIB), "externalId": "x" });
    let messages = format!("{path}/messages");
    let send = || ours.ask(Method::POST, &messages).header("idempotency-key", "k").json(&body);
    let first = send().send().await;
    let message = first.clone().expect(201)["message"].clone();
    assert_eq!(message["body"], body["body"]);
    assert_eq!(ours.get(&format!("{messages}/{}", id(&message))).await.expect(200)["message"], message);
    assert_eq!(ours.get(&messages).await.expect(200)["messages"], json!([message]));
    assert_eq!(ours.get(&format!("{path}?include=messages")).await.expect(200)["messages"], json!([message]));
    let again = send().send().await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &first.bytes));
    assert_eq!(ours.post(&messages, &body).await.expect(200)["message"], message, "the provider repeats itself");
    let _ = world.drain_events().await;
    assert_eq!(contents(&world).len(), 1, "repeats leave no object");
    let list = ours.get("/api/v1/conversations").await.expect(200);
    assert_eq!(list["conversations"][0]["preview"], "ü".repeat(140));
    let escaped = body.to_string().replace('ü', r"\u00fc");
    assert!(escaped.len() > 768 * KIB && escaped.len() < KIB * KIB, "{}", escaped.len());
    let escaped = ours.ask(Method::POST, &messages).body("application/json", escaped);
    assert_eq!(escaped.send().await.expect(200)["message"], message);
    let rows = world.rows().await;
    assert!(rows.iter().all(|row| row.0.to_string().len() < 4 * KIB), "items stay small");
    world.assert_sound().await;
}

#[tokio::test]
async fn first_message_can_be_long() {
    let world = World::new().await;
    world.limit_bodies(262_144).await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["message"] = json!({ "body": text(100 * KIB) });
    let ask = || ours.ask(Method::POST, "/api/v1/conversations").header("idempotency-key", "k").json(&body);
    let made = ask().send().await.expect(201)["conversation"].clone();
    assert_eq!(ask().send().await.header("idempotent-replayed"), Some("true"));
    let page = ours.get(&format!("/api/v1/conversations/{}/messages", id(&made))).await.expect(200);
    assert_eq!(page["messages"][0]["body"], body["message"]["body"]);
    let _ = world.drain_events().await;
    assert_eq!(contents(&world).len(), 1);
    world.assert_sound().await;
}

#[tokio::test]
async fn length_is_limited_by_the_workspace() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let messages = format!("{path}/messages");
    let send = async |text: String| ours.post(&messages, &json!({ "body": text })).await;
    let refused = async |text: String, problem: &str| {
        let answer = send(text).await.expect_invalid(&["body"]);
        assert_eq!(answer["errors"][0]["message"], format!("`body` must be at most {problem}."));
    };
    let _ = send("語".repeat(8_000)).await.expect(201);
    refused("語".repeat(8_001), "8000 characters; it has 8001").await;
    let mut first = minimal_conversation();
    first["message"] = json!({ "body": "a".repeat(8_001) });
    let _ = ours.post("/api/v1/conversations", &first).await.expect_invalid(&["message.body"]);
    let browser = world.client_key().on_behalf_of(&world.token(&world.rotate_identity().await, "cus_123"));
    let _ = browser.post(&messages, &json!({ "body": "a".repeat(8_001) })).await.expect_invalid(&["body"]);
    world.limit_bodies(9_000).await;
    let _ = send("語".repeat(9_000)).await.expect(201);
    let _ = browser.post(&messages, &json!({ "body": "a".repeat(9_000) })).await.expect(201);
    refused("語".repeat(9_001), "9000 characters; it has 9001").await;
    world.limit_bodies(262_144).await;
    refused(text(256 * KIB + 1), "262144 bytes of UTF-8; it has 262145").await;
    let theirs = world.other_workspace();
    let path = theirs.open_path().await;
    let _ =
        theirs.post(&format!("{path}/messages"), &json!({ "body": "a".repeat(8_001) })).await.expect_invalid(&["body"]);
    world.assert_sound().await;
}

#[tokio::test]
async fn page_of_long_messages_ends_early() {
    let world = World::new().await;
    world.limit_bodies(262_144).await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let mut said = Vec::new();
    for i in 0..12 {
        let body = if i % 3 == 0 { format!("{i}") } else { format!("{i}{}", text(200 * KIB)) };
        said.push(say(&world, &path, &json!({ "body": body, "type": if i == 4 { "note" } else { "reply" } })).await);
    }
    let browser = world.client_key().on_behalf_of(&world.token(&world.rotate_identity().await, "cus_123"));
    for (role, order) in [(&ours, "asc"), (&ours, "desc"), (&browser, "asc"), (&browser, "desc")] {
        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let answer = role.get(&format!("{path}/messages?limit=100&order={order}{cursor}")).await;
            assert!(answer.bytes.len() < 1200 * KIB, "{}", answer.bytes.len());
            let page = answer.expect(200);
            found.extend(page["messages"].as_array().expect("messages").iter().map(|message| message["id"].clone()));
            pages += 1;
            if page["hasMore"] == false {
                break;
            }
            cursor = format!("&cursor={}", page["nextCursor"].as_str().expect("a cursor"));
        }
        let sees_all = std::ptr::eq(role, &raw const ours);
        let visible = said.iter().filter(|message| sees_all || message["type"] == "reply");
        let mut expected: Vec<_> = visible.map(|message| message["id"].clone()).collect();
        if order == "desc" {
            expected.reverse();
        }
        assert_eq!((found, pages), (expected, 2), "{order}");
    }
}

#[tokio::test]
async fn deleted_messages_leave_no_object() {
    let world = World::new().await;
    world.limit_bodies(262_144).await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["message"] = json!({ "body": format!("Trace {}", text(20 * KIB)), "content": { "a": "Trace" } });
    let [one, two, three] =
        [(); 3].map(|()| async { format!("/api/v1/conversations/{}", id(&ours.open(&body).await)) });
    let (one, two, three) = (one.await, two.await, three.await);
    let newest = say(&world, &one, &json!({ "body": text(30 * KIB) })).await;
    assert_eq!(contents(&world).len(), 4);
    let _ = ours.ask(Method::DELETE, &format!("{one}/messages/{}", id(&newest))).send().await.expect(204);
    let shown = ours.get(&one).await.expect(200);
    assert!(shown["conversation"]["preview"].as_str().expect("a preview").starts_with("Trace ü"), "{shown}");
    let _ = world.drain_events().await;
    assert_eq!(contents(&world).len(), 3);
    let _ = ours.ask(Method::DELETE, &two).send().await.expect(204);
    let _ = world.drain_events().await;
    assert_eq!(contents(&world).len(), 2);
    world.assert_settled().await;
    let _ = ours.ask(Method::DELETE, "/api/v1/customers/cus_123").send().await.expect(202);
    let _ = world.drain_events().await;
    assert_eq!(contents(&world), [""; 0]);
    assert_eq!(world.traces(&["trace"]).await, [""; 0]);
    let _ = ours.get(&three).await.expect_problem(404, "not_found");
    world.assert_settled().await;
}

#[tokio::test]
async fn deleted_workspace_leaves_no_object() {
    let world = World::new().await;
    world.limit_bodies(262_144).await;
    let path = world.server_key().open_path().await;
    let _ = say(&world, &path, &json!({ "body": text(20 * KIB) })).await;
    assert_eq!(contents(&world).len(), 1);
    // The operator of a world has no bucket.
    let operator = deskless_store::Operator::new(world.store.clone());
    let deletion = operator.start_deletion(world.workspace).await.expect("a deletion");
    while deletion.remove_items().await.expect("items are removed") > 0 {}
    deletion.finish().await.expect("the workspace is removed");
    assert_eq!(contents(&world), [""; 0]);
}

#[tokio::test]
async fn delivery_status_of_long_message_is_updated() {
    let world = World::new().await;
    world.limit_bodies(262_144).await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["channel"] = json!("sms");
    let path = format!("/api/v1/conversations/{}", id(&ours.open(&body).await));
    let message = say(&world, &path, &json!({ "body": text(20 * KIB), "role": "assistant" })).await;
    let update = json!({ "deliveryStatus": "sent", "externalId": "SM1" });
    let updated = ours.patch(&format!("{path}/messages/{}", id(&message)), &update).await.expect(200);
    assert_eq!(
        (&updated["message"]["body"], &updated["message"]["deliveryStatus"]),
        (&message["body"], &json!("sent"))
    );
    let read = ours.post(&format!("{path}/read"), &json!({ "upTo": message["id"] })).await;
    assert!(read.status.is_success(), "{read:?}");
    world.assert_sound().await;
}
