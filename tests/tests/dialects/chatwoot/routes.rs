//! Routes beyond what the SDK calls, and values that must agree with our own API.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

const ACCOUNT: &str = "/dialects/chatwoot/api/v1/accounts/1";

#[tokio::test]
async fn attributes_are_metadata() {
    let world = World::new().await;
    let key = world.server_key();
    let body = json!({
        "source_id": "cus_1",
        "status": "pending",
        "priority": "high",
        "custom_attributes": { "order": 7 },
        "additional_attributes": { "mail_subject": "Where is it?" },
        "message": { "content": "Hello", "message_type": "incoming" },
    });
    let made = key.post(&format!("{ACCOUNT}/conversations"), &body).await.expect(200);
    assert_eq!(made["custom_attributes"], json!({ "order": 7 }));
    assert_eq!(made["additional_attributes"], json!({ "mail_subject": "Where is it?" }));
    let path = format!("/api/v1/conversations/{}", made["uuid"].as_str().expect("an id"));
    let ours = key.get(&path).await.expect(200);
    let ours = &ours["conversation"];
    assert_eq!(
        (&ours["status"], &ours["priority"], &ours["subject"]),
        (&json!("waiting"), &json!("high"), &json!("Where is it?"))
    );
    assert_eq!(ours["metadata"]["order"], 7);
    let custom = format!("{ACCOUNT}/conversations/{}/custom_attributes", made["id"]);
    let replaced = key.post(&custom, &json!({ "custom_attributes": { "plan": "pro" } })).await.expect(200);
    assert_eq!(replaced, json!({ "custom_attributes": { "plan": "pro" } }));
    let shown = key.get(&format!("{ACCOUNT}/conversations/{}", made["id"])).await.expect(200);
    assert_eq!(shown["additional_attributes"], json!({ "mail_subject": "Where is it?" }), "they stay");
}

#[tokio::test]
async fn statuses_are_ours() {
    let world = World::new().await;
    let key = world.server_key();
    let made = key.post(&format!("{ACCOUNT}/conversations"), &json!({ "source_id": "cus_1" })).await.expect(200);
    let path = format!("{ACCOUNT}/conversations/{}", made["id"]);
    let our_path = format!("/api/v1/conversations/{}", made["uuid"].as_str().expect("an id"));
    let end = 1_790_000_000;
    for (body, theirs, ours) in [
        (json!({ "status": "resolved" }), "resolved", "solved"),
        (json!({ "status": "pending" }), "pending", "waiting"),
        (json!({ "status": "snoozed", "snoozed_until": end }), "snoozed", "open"),
        (json!({}), "open", "open"),
        (json!({}), "resolved", "solved"),
        (json!({}), "open", "open"),
    ] {
        let toggled = key.post(&format!("{path}/toggle_status"), &body).await.expect(200);
        assert_eq!(toggled["payload"]["current_status"], theirs, "{body}");
        let conversation = key.get(&our_path).await.expect(200)["conversation"].clone();
        assert_eq!(conversation["status"], ours, "{body}");
        assert_eq!(conversation["snoozedUntil"].is_string(), theirs == "snoozed", "{body}");
        let list = key.get(&format!("{ACCOUNT}/conversations?status={theirs}")).await.expect(200);
        assert_eq!(list["data"]["meta"]["all_count"], 1, "{body}");
    }
    let priority = key.ask(Method::PATCH, &path).json(&json!({ "priority": "urgent" })).send().await.expect(200);
    assert_eq!(priority["priority"], "urgent");
    let _ = key.post(&format!("{path}/toggle_priority"), &json!({ "priority": Value::Null })).await;
    assert_eq!(key.get(&path).await.expect(200)["priority"], Value::Null);
}

#[tokio::test]
async fn pages_have_25_conversations_and_15_contacts() {
    let world = World::new().await;
    let key = world.server_key();
    for i in 0..27 {
        let body = json!({ "source_id": format!("cus_{i:02}") });
        let _ = key.post(&format!("{ACCOUNT}/conversations"), &body).await.expect(200);
    }
    let length = |list: &Value| list.as_array().map(Vec::len);
    for (page, expected) in [(1, 25), (2, 2), (3, 0)] {
        let list = key.get(&format!("{ACCOUNT}/conversations?page={page}")).await.expect(200);
        assert_eq!(length(&list["data"]["payload"]), Some(expected), "{page}");
        let expected = json!({ "mine_count": 0, "assigned_count": 0, "unassigned_count": 27, "all_count": 27 });
        assert_eq!(list["data"]["meta"], expected);
        let contacts = key.get(&format!("{ACCOUNT}/contacts?page={page}")).await.expect(200);
        assert_eq!(length(&contacts["payload"]), Some([15, 12, 0][page - 1]), "{page}");
        assert_eq!(contacts["meta"], json!({ "count": 27, "current_page": page, "has_more": page == 1 }));
    }
}

#[tokio::test]
async fn contacts_are_sorted() {
    let world = World::new().await;
    let key = world.server_key();
    for name in ["bea", "Cleo", "Ada"] {
        let _ = key.post(&format!("{ACCOUNT}/contacts"), &json!({ "name": name })).await.expect(200);
    }
    for (sort, expected) in [("name", ["Ada", "bea", "Cleo"]), ("-name", ["Cleo", "bea", "Ada"])] {
        let list = key.get(&format!("{ACCOUNT}/contacts?sort={sort}")).await.expect(200);
        let names: Vec<_> = list["payload"].as_array().expect("a list").iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn contact_is_created_once() {
    let world = World::new().await;
    let key = world.server_key();
    let path = format!("{ACCOUNT}/contacts");
    let body = json!({ "name": "Ada", "email": "ada@example.com", "identifier": "cus_ada" });
    let create = |key_value: &'static str, body: &Value| {
        key.ask(Method::POST, &path).header("idempotency-key", key_value).json(body).send()
    };
    let made = create("first", &body).await.expect(200);
    assert_eq!(made["payload"]["contact"]["identifier"], "cus_ada");
    assert_eq!(create("first", &body).await.expect(200), made, "a repeat");
    let taken = create("second", &body).await.expect(422);
    assert_eq!(taken["attributes"], json!(["identifier"]));
    let taken = create("third", &json!({ "email": "ada@example.com" })).await.expect(422);
    assert_eq!(taken["attributes"], json!(["email"]));
    assert_eq!(key.get("/api/v1/customers/cus_ada").await.expect(200)["customer"]["name"], "Ada");
}

#[tokio::test]
async fn repeated_form_adds_one_message() {
    let world = World::new().await;
    let key = world.server_key();
    let made = key.post(&format!("{ACCOUNT}/conversations"), &json!({ "source_id": "cus_1" })).await.expect(200);
    let path = format!("{ACCOUNT}/conversations/{}/messages", made["id"]);
    let form = "--x\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nHello\r\n--x\r\n\
        Content-Disposition: form-data; name=\"private\"\r\n\r\ntrue\r\n--x--\r\n";
    let send = || {
        let ask = key.ask(Method::POST, &path).header("idempotency-key", "form");
        ask.body("multipart/form-data; boundary=x", form).send()
    };
    let first = send().await.expect(200);
    assert_eq!((&first["content"], &first["private"]), (&json!("Hello"), &json!(true)));
    assert_eq!(send().await.expect(200), first);
    let list = key.get(&path).await.expect(200);
    assert_eq!(list["payload"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn conversation_and_contact_are_deleted() {
    let world = World::new().await;
    let key = world.server_key();
    let made = key.post(&format!("{ACCOUNT}/conversations"), &json!({ "source_id": "cus_1" })).await.expect(200);
    let path = format!("{ACCOUNT}/conversations/{}", made["id"]);
    assert!(key.ask(Method::DELETE, &path).send().await.status.is_success());
    let _ = key.get(&path).await.expect(404);
    assert!(key.ask(Method::DELETE, &format!("{ACCOUNT}/contacts/cus_1")).send().await.status.is_success());
    let _ = key.get(&format!("{ACCOUNT}/contacts/cus_1")).await.expect(404);
}
