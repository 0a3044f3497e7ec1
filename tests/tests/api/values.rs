//! Values are accepted as their standards say, kept as they were written, and compared by meaning.

use deskless_tests::{Role, Upload, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";
const CUSTOMERS: &str = "/api/v1/customers";

/// Numbers that a double has no place for, or that it writes with other digits.
const DIGITS: &str =
    r#"{"big":89490200001234567890,"exact":0.10000000000000000555,"list":[1.50,-0,1E+2,{"n":9007199254740993.0}]}"#;

async fn text(role: &Role<'_>, path: &str) -> String {
    let answer = role.get(path).await;
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.bytes.to_vec()).expect("UTF-8")
}

#[tokio::test]
async fn metadata_numbers_keep_their_digits() {
    let world = World::new().await;
    let role = world.server_key();
    let opening = format!(
        r#"{{"subject":"a","customer":{{"id":"cus_1"}},"metadata":{DIGITS},"message":{{"body":"Hi","metadata":{DIGITS}}}}}"#
    );
    let send = async || {
        let asked = role.ask(Method::POST, PATH).header("idempotency-key", "one");
        asked.body("application/json", opening.clone()).send().await
    };
    let (first, replayed) = (send().await, send().await);
    for answer in [&first, &replayed] {
        let shown = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert_eq!((answer.status.as_u16(), shown.matches(DIGITS).count()), (201, 1), "{shown}");
    }
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    let id = first.json()["conversation"]["id"].as_str().expect("an id").to_owned();
    let other = opening.replace("89490200001234567890", "89490200001234567891");
    let reused = role.ask(Method::POST, PATH).header("idempotency-key", "one").body("application/json", other);
    assert_eq!(reused.send().await.json()["code"], "idempotency_key_reused");
    for path in [format!("{PATH}/{id}"), format!("{PATH}?limit=1"), format!("{PATH}/{id}/messages")] {
        assert!(text(&role, &path).await.contains(DIGITS), "{path}");
    }
    let rows = world.rows().await;
    let stored = rows.iter().filter(|row| row.0.to_string().replace('\\', "").contains(DIGITS)).count();
    assert!(stored >= 2, "{stored} rows have the digits");

    let customer = format!(r#"{{"id":"cus_2","metadata":{DIGITS}}}"#);
    let saved = role.ask(Method::POST, CUSTOMERS).body("application/json", customer).send().await;
    assert_eq!(saved.status, 201);
    assert!(text(&role, &format!("{CUSTOMERS}/cus_2")).await.contains(DIGITS));
    let patch = format!(r#"{{"metadata":{DIGITS}}}"#);
    let patched = role.ask(Method::PATCH, &format!("{PATH}/{id}")).body("application/json", patch).send().await;
    assert!(String::from_utf8_lossy(&patched.bytes).contains(DIGITS));
}

#[tokio::test]
async fn webhook_has_the_digits_of_metadata() {
    let world = World::new().await;
    let role = world.server_key();
    let actions = json!([{ "action": "call_webhook", "url": "https://hooks.example.com/a" }]);
    let made = role.post("/api/v1/automations", &json!({ "name": "a", "trigger": "manual", "actions": actions })).await;
    let automation = made.expect(201)["automation"]["id"].clone();
    let opening = format!(r#"{{"subject":"a","customer":{{"id":"cus_1"}},"metadata":{DIGITS}}}"#);
    let opened = role.ask(Method::POST, PATH).body("application/json", opening).send().await.expect(201);
    let run = format!(r#"{{"conversationId":{},"context":{DIGITS}}}"#, opened["conversation"]["id"]);
    let path = format!("/api/v1/automations/{}/executions", automation.as_str().expect("an id"));
    let _ = role.ask(Method::POST, &path).body("application/json", run).send().await.expect(202);
    let _ = world.drain_events().await;
    let call = world.webhook_servers.take_calls().remove(0);
    assert_eq!(call.body.matches(DIGITS).count(), 2, "conversation and context");
}

#[tokio::test]
async fn too_large_number_is_refused() {
    let world = World::new().await;
    let body = r#"{"subject":"a","customer":{"id":"cus_1"},"metadata":{"n":1e400}}"#;
    let answer = world.server_key().ask(Method::POST, PATH).body("application/json", body).send().await;
    let problem = answer.expect_problem(400, "invalid_request");
    assert!(problem["error"].as_str().expect("text").contains("number out of range at line 1"), "{problem}");
}

#[tokio::test]
async fn spellings_of_an_email_are_one_customer() {
    let world = World::new().await;
    let role = world.server_key();
    let first = role.post(CUSTOMERS, &json!({ "email": "Andr\u{e9}@b\u{fc}cher.example" })).await.expect(201);
    assert_eq!(first["customer"]["email"], "Andr\u{e9}@b\u{fc}cher.example", "the written form is kept");
    for other in
        ["andre\u{301}@xn--bcher-kva.example", "ANDR\u{c9}@BU\u{308}CHER.EXAMPLE", "\"andr\u{e9}\"@b\u{fc}cher.example"]
    {
        let same = role.post(CUSTOMERS, &json!({ "email": other })).await.expect(200);
        assert_eq!(same["customer"]["id"], first["customer"]["id"], "{other}");
    }
    let opening = json!({ "subject": "a", "customer": { "id": first["customer"]["id"] } });
    let opened = role.open(&opening).await;
    let found = role.get(&format!("{PATH}?customerEmail=andr%C3%A9@xn--bcher-kva.example")).await.expect(200);
    assert_eq!(found["conversations"][0]["id"], opened["id"]);
    let quoted = role.post(CUSTOMERS, &json!({ "email": "\"a b\"@example.com" })).await.expect(201);
    assert_eq!(quoted["customer"]["email"], "\"a b\"@example.com");
}

#[tokio::test]
async fn address_alone_is_accepted_everywhere() {
    let world = World::new().await;
    let role = world.server_key();
    for wrong in ["Ada <ada@x.io>", "<ada@x.io>", "mailto:ada@x.io", "ada\u{200b}@x.io", "ada@x..io", ""] {
        let _ = role.post(CUSTOMERS, &json!({ "email": wrong })).await.expect_invalid(&["email"]);
        let member = json!({ "name": "Ada", "email": wrong });
        let _ = role.post("/api/v1/members", &member).await.expect_invalid(&["email"]);
        let opening = json!({ "subject": "a", "customer": { "id": "a", "email": wrong } });
        let _ = role.post(PATH, &opening).await.expect_invalid(&["customer.email"]);
        let digit = |value: u8| char::from_digit(u32::from(value), 16);
        let query: String = wrong.bytes().flat_map(|b| [Some('%'), digit(b >> 4), digit(b & 15)]).flatten().collect();
        let _ = role.get(&format!("{PATH}?customerEmail={query}")).await.expect_invalid(&["customerEmail"]);
    }
}

#[tokio::test]
async fn nothing_visible_is_refused() {
    let world = World::new().await;
    let role = world.server_key();
    let path = role.open_path().await;
    for blank in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{e0041}", "\u{301}", "\u{fe0f}", " \u{200d} "] {
        let problem = role.post(&format!("{path}/messages"), &json!({ "body": blank })).await.expect_invalid(&["body"]);
        assert_eq!(problem["error"], "`body` must have at least one visible character.");
        let _ = role
            .patch(&path, &json!({ "subject": blank, "tags": [blank] }))
            .await
            .expect_invalid(&["subject", "tags[0]"]);
        let _ = role.post(CUSTOMERS, &json!({ "name": blank })).await.expect_invalid(&["name"]);
    }
    let family = "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    let said = role.post(&format!("{path}/messages"), &json!({ "body": family })).await.expect(201);
    assert_eq!(said["message"]["body"], family);
}

#[tokio::test]
async fn direction_override_is_refused_in_names() {
    let world = World::new().await;
    let role = world.server_key();
    let path = role.open_path().await;
    let bad = "invoice\u{202e}fdp.exe";
    let _ = role.patch(&path, &json!({ "subject": bad, "tags": [bad] })).await.expect_invalid(&["subject", "tags[0]"]);
    let problem = role.post(CUSTOMERS, &json!({ "name": bad })).await.expect_invalid(&["name"]);
    assert!(problem["error"].as_str().expect("text").contains("U+202E. Remove it"), "{problem}");
    let upload = json!({ "fileName": bad, "contentType": "image/png", "size": 1, "conversationId": null });
    let _ = role.post("/api/v1/files/sign", &upload).await.expect_invalid(&["fileName"]);
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": bad })).await.expect(201);
}

#[tokio::test]
async fn tags_are_trimmed_and_compared_by_meaning() {
    let world = World::new().await;
    let role = world.server_key();
    let mut body = minimal_conversation();
    body["tags"] = json!(["vip", "vip ", "cafe\u{301}", "caf\u{e9}"]);
    body["priority"] = json!(" high ");
    let opened = role.open(&body).await;
    assert_eq!((&opened["tags"], &opened["priority"]), (&json!(["vip", "caf\u{e9}"]), &json!("high")));
    for query in ["tag=vip%20", "tag=+vip", "tag=cafe%CC%81", "tag=caf%C3%A9", "priority=high%20"] {
        let found = role.get(&format!("{PATH}?{query}")).await.expect(200);
        assert_eq!(found["conversations"][0]["id"], opened["id"], "{query}");
    }
    let twenty: Vec<_> = (0..20).map(|i| format!("t{i}")).collect();
    body["tags"] = json!(twenty.iter().chain(&twenty).collect::<Vec<_>>());
    assert_eq!(role.open(&body).await["tags"], json!(twenty), "20 different tags, each sent twice");
}

#[tokio::test]
async fn query_is_utf8() {
    let world = World::new().await;
    let role = world.server_key();
    let problem = role.get(&format!("{PATH}?tag=%ff")).await.expect_problem(400, "invalid_request");
    assert_eq!(problem["errors"][0]["message"], "`tag` must be percent-encoded UTF-8.");
    for broken in ["%ff=a", "tag=%zz", "tag=a%", "tag=%4", "%zz=a"] {
        let _ = role.get(&format!("{PATH}?{broken}")).await.expect_problem(400, "invalid_request");
    }
    let problem = role.get(&format!("{PATH}?createdAfter=2026-06-28T20:00:00+02:00")).await;
    let problem = problem.expect_problem(400, "invalid_request");
    assert!(problem["error"].as_str().expect("text").contains("%2B"), "{problem}");
}

#[tokio::test]
async fn null_does_not_mark_everything_as_read() {
    let world = World::new().await;
    let role = world.server_key();
    let path = role.open_path().await;
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let _ = role.post(&format!("{path}/read"), &json!({ "upTo": null })).await.expect_invalid(&["upTo"]);
    assert_eq!(role.get(&path).await.expect(200)["conversation"]["unreadCount"], 1);
}

#[tokio::test]
async fn media_types_of_browsers_are_signed_as_written() {
    let world = World::new().await;
    let role = world.server_key();
    for (sent, kept) in [
        ("video/webm;codecs=\"vp8, opus\"", "video/webm;codecs=\"vp8, opus\""),
        ("video/webm;codecs=vp8,opus", "video/webm;codecs=vp8,opus"),
        ("text/plain; charset=\"utf-8\"", "text/plain; charset=\"utf-8\""),
        ("", "application/octet-stream"),
    ] {
        let upload = json!({ "fileName": "a", "contentType": sent, "size": 1, "conversationId": null });
        let signed = role.post("/api/v1/files/sign", &upload).await.expect(201);
        assert_eq!(signed["file"]["contentType"], kept, "{signed:#}");
        assert_eq!(signed["upload"]["fields"]["Content-Type"], kept, "{signed:#}");
        Upload::of(&signed["upload"], "x").expect_accepted().await;
    }
}

#[tokio::test]
async fn message_can_have_files_alone() {
    let world = World::new().await;
    let role = world.server_key();
    let opened = role.open(&minimal_conversation()).await;
    let path = format!("{PATH}/{}", opened["id"].as_str().expect("an id"));
    let thread = format!("{path}/messages");
    let file = role.upload(&opened["id"], "photo.png", "hello").await;
    let attachments = json!([{ "fileId": file["id"] }]);
    for body in [json!({ "attachments": attachments }), json!({ "attachments": attachments, "body": "" })] {
        let said = role.post(&thread, &body).await.expect(201)["message"].clone();
        assert_eq!((&said["body"], &said["attachments"][0]["name"]), (&json!(""), &json!("photo.png")));
        assert_eq!(role.get(&path).await.expect(200)["conversation"]["preview"], "photo.png");
    }
    let shown = role.get(&thread).await.expect(200);
    assert_eq!(shown["messages"][1]["body"], "");
    for body in
        [json!({}), json!({ "body": "" }), json!({ "attachments": [] }), json!({ "attachments": [], "body": "" })]
    {
        let _ = role.post(&thread, &body).await.expect_invalid(&["body"]);
    }
    let _ = role.post(&thread, &json!({ "attachments": attachments, "body": " " })).await.expect_invalid(&["body"]);

    let secret = world.rotate_identity().await;
    let browser = world.client_key().on_behalf_of(&world.token(&secret, "cus_123"));
    let said = browser.post(&thread, &json!({ "attachments": attachments })).await.expect(201);
    assert_eq!(said["message"]["body"], "");
    let _ = browser.post(&thread, &json!({})).await.expect_invalid(&["body"]);
    world.assert_sound().await;
}

#[tokio::test]
async fn preview_has_whole_characters() {
    let world = World::new().await;
    let role = world.server_key();
    let path = role.open_path().await;
    let flags = "\u{1f1e9}\u{1f1ea}".repeat(80);
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": format!("\n\n.{flags}") })).await.expect(201);
    let preview = role.get(&path).await.expect(200)["conversation"]["preview"].clone();
    assert_eq!(preview, Value::String(format!(".{}", "\u{1f1e9}\u{1f1ea}".repeat(69))));
}
