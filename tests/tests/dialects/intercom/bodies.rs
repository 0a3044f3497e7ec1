//! Bodies: HTML on the wire, text in the store.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Desk, ours, text};

#[tokio::test]
async fn bodies_are_html_or_text() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("1 < 2\nand <b>so</b> on\n\nBye").await;
    let html = desk.get(&format!("/conversations/{id}")).await;
    assert_eq!(html["source"]["body"], "<p>1 &lt; 2<br>and &lt;b&gt;so&lt;/b&gt; on</p><p>Bye</p>");
    let note = json!({
        "message_type": "note", "type": "admin", "admin_id": desk.admin,
        "body": "<h2>List</h2><ul><li>Tea</li><li><a href=\"https://a.example\">Milk</a></li></ul><script>x()</script>",
    });
    let noted = desk.reply(&id, &note).await;
    let part = &noted["conversation_parts"]["conversation_parts"][0];
    assert_eq!(part["body"], "<p>List</p><p>- Tea<br>- Milk (https://a.example)</p>");
    let plain = desk.get(&format!("/conversations/{id}?display_as=plaintext")).await;
    assert_eq!(plain["source"]["body"], "1 < 2\nand <b>so</b> on\n\nBye");
    let stored = ours(&world, Method::GET, &format!("/conversations/{id}/messages"), &Value::Null).await;
    assert_eq!(stored["messages"][1]["body"], "List\n\n- Tea\n- Milk (https://a.example)");
    desk.fails(Method::GET, &format!("/conversations/{id}?display_as=pdf"), &Value::Null, 400).await;
}

#[tokio::test]
async fn body_has_up_to_256_kib() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let long = "x".repeat(256 * 1024);
    let id = desk.conversation(&long).await;
    let shown = desk.get(&format!("/conversations/{id}?display_as=plaintext")).await;
    assert_eq!(shown["source"]["body"].as_str().map(str::len), Some(long.len()));
    let new = json!({ "from": { "type": "user", "id": "cus_ada" }, "body": format!("{long}x") });
    let error = desk.fails(Method::POST, "/conversations", &new, 400).await;
    assert_eq!((text(&error["code"]), text(&error["field"])), ("parameter_invalid".to_owned(), "body".to_owned()));
}

#[tokio::test]
async fn attachments_are_refused() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    for (field, value) in [
        ("attachment_urls", json!(["https://a.example/b.png"])),
        ("attachment_files", json!([{ "name": "a", "content_type": "text/plain", "data": "" }])),
        ("created_at", json!(1_590_000_000)),
        ("reply_options", json!([{ "text": "Yes", "uuid": "1" }])),
    ] {
        let mut body = json!({ "message_type": "comment", "type": "admin", "admin_id": desk.admin, "body": "Hi" });
        body[field] = value;
        let error = desk.fails(Method::POST, &format!("/conversations/{id}/reply"), &body, 400).await;
        assert_eq!(error["field"], field, "{error}");
        body[field] = json!([]);
        if field != "created_at" {
            desk.reply(&id, &body).await;
        }
    }
}

#[tokio::test]
async fn parts_that_do_not_fit_are_told() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    let path = format!("/conversations/{id}");
    let long = "x".repeat(256 * 1024);
    for i in 0..6 {
        let reply = json!({
            "message_type": "comment", "type": "admin", "admin_id": desk.admin, "body": format!("{i}{}", &long[1..]),
        });
        let _ = desk.reply(&id, &reply).await;
        let shown = desk.ask(Method::GET, &path, &Value::Null).await;
        let (parts, has_more) = (shown.json()["conversation_parts"].clone(), shown.header("x-has-more").is_some());
        let shown = parts["conversation_parts"].as_array().expect("parts");
        let is_shorter = shown.len() < i + 1;
        assert_eq!(parts["total_count"], i + 1);
        assert_eq!(has_more, is_shorter, "{} of {}", shown.len(), i + 1);
        let newest = shown.last().and_then(|part| part["body"].as_str()).expect("a body");
        assert!(newest.starts_with(&format!("<p>{i}x")), "the newest parts are shown");
        assert!(i < 5 || has_more);
    }
}
