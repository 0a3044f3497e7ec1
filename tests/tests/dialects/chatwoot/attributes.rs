//! Values of conversations and contacts that an update keeps.

use deskless_tests::{Role, World};
use http::Method;
use serde_json::{Value, json};

const ACCOUNT: &str = "/dialects/chatwoot/api/v1/accounts/1";

async fn open(key: &Role<'_>, body: Value) -> String {
    let made = key.post(&format!("{ACCOUNT}/conversations"), &body).await.expect(200);
    format!("{ACCOUNT}/conversations/{}", made["id"])
}

#[tokio::test]
async fn update_without_a_priority_keeps_it() {
    let world = World::new().await;
    let key = world.server_key();
    let path = open(&key, json!({ "source_id": "cus_1", "priority": "urgent" })).await;
    for (body, expected) in [
        (json!({}), json!("urgent")),
        (json!({ "status": "open" }), json!("urgent")),
        (json!({ "priority": "low" }), json!("low")),
        (json!({ "priority": Value::Null }), Value::Null),
    ] {
        let updated = key.ask(Method::PATCH, &path).json(&body).send().await.expect(200);
        assert_eq!(updated["priority"], expected, "{body}");
        assert_eq!(key.get(&path).await.expect(200)["priority"], expected, "{body}");
    }
    let _ = key.ask(Method::PATCH, &format!("{ACCOUNT}/conversations/1")).json(&json!({})).send().await.expect(404);
}

#[tokio::test]
async fn reserved_attribute_is_refused() {
    let world = World::new().await;
    let key = world.server_key();
    let reserved = json!({ "chatwoot": { "additional_attributes": { "a": 1 } }, "plan": "pro" });
    let path = open(&key, json!({ "source_id": "cus_1", "additional_attributes": { "city": "Berlin" } })).await;
    let inbox = key.post("/api/v1/inboxes", &json!({ "name": "Web", "channel": "web" })).await.expect(201);
    let inbox = inbox["inbox"]["id"].as_str().expect("an id");
    let public = format!("/dialects/chatwoot/public/api/v1/inboxes/{inbox}/contacts");
    for (method, path) in [
        (Method::POST, format!("{ACCOUNT}/conversations")),
        (Method::POST, format!("{path}/custom_attributes")),
        (Method::POST, format!("{ACCOUNT}/contacts")),
        (Method::PUT, format!("{ACCOUNT}/contacts/cus_1")),
        (Method::POST, public.clone()),
        (Method::POST, format!("{public}/cus_1/conversations")),
    ] {
        let body = if path == format!("{ACCOUNT}/conversations") {
            json!({ "source_id": "cus_1", "custom_attributes": reserved })
        } else {
            json!({ "custom_attributes": reserved })
        };
        let refused = key.ask(method, &path).json(&body).send().await.expect(422);
        assert_eq!(refused["attributes"], json!(["custom_attributes"]), "{path}: {refused}");
    }
    assert_eq!(key.get(&path).await.expect(200)["additional_attributes"], json!({ "city": "Berlin" }));
}

#[tokio::test]
async fn contact_that_is_created_again_keeps_its_attributes() {
    let world = World::new().await;
    let key = world.server_key();
    let inbox = key.post("/api/v1/inboxes", &json!({ "name": "Web", "channel": "web" })).await.expect(201);
    let inbox = inbox["inbox"]["id"].as_str().expect("an id");
    let path = format!("/dialects/chatwoot/public/api/v1/inboxes/{inbox}/contacts");
    let first = json!({
        "identifier": "cus_1", "email": "ada@example.com", "custom_attributes": { "plan": "pro", "seats": 1 },
        "additional_attributes": { "city": "Berlin" },
    });
    let _ = key.post(&path, &first).await.expect(200);
    for again in [
        json!({ "identifier": "cus_1", "custom_attributes": { "seats": 2 } }),
        json!({ "email": "ADA@example.com", "additional_attributes": { "zip": "10115" } }),
    ] {
        assert_eq!(key.post(&path, &again).await.expect(200)["source_id"], "cus_1");
    }
    let contact = key.get(&format!("{ACCOUNT}/contacts/cus_1")).await.expect(200)["payload"].clone();
    assert_eq!(contact["custom_attributes"], json!({ "plan": "pro", "seats": 2 }));
    assert_eq!(contact["additional_attributes"], json!({ "city": "Berlin", "zip": "10115" }));
}

#[tokio::test]
async fn toggled_status_shows_the_stored_snooze() {
    let world = World::new().await;
    let key = world.server_key();
    let path = format!("{}/toggle_status", open(&key, json!({ "source_id": "cus_1" })).await);
    let end = 1_790_000_000;
    for (body, expected) in [
        (json!({ "status": "open", "snoozed_until": end }), Value::Null),
        (json!({ "status": "snoozed", "snoozed_until": end }), json!(end)),
        (json!({ "status": "snoozed" }), Value::Null),
    ] {
        assert_eq!(key.post(&path, &body).await.expect(200)["payload"]["snoozed_until"], expected, "{body}");
    }
}

#[tokio::test]
async fn source_of_another_contact_is_refused() {
    let world = World::new().await;
    let key = world.server_key();
    let path = format!("{ACCOUNT}/conversations");
    let refused = key.post(&path, &json!({ "source_id": "cus_1", "contact_id": "cus_2" })).await.expect(422);
    assert_eq!(refused["attributes"], json!(["source_id"]));
    let made = key.post(&path, &json!({ "source_id": "cus_1", "contact_id": "cus_1" })).await.expect(200);
    assert_eq!(made["meta"]["sender"]["id"], "cus_1");
}

#[tokio::test]
async fn what_other_dialects_keep_of_a_conversation_stays() {
    let world = World::new().await;
    let key = world.server_key();
    let path = open(&key, json!({ "source_id": "cus_1" })).await;
    let apex =
        format!("/dialects/apex/conversations/{}", key.get(&path).await.expect(200)["uuid"].as_str().expect("an id"));
    assert_eq!(key.patch(&apex, &json!({ "blocked": true })).await.expect(200)["blocked"], true);
    let custom = format!("{path}/custom_attributes");
    let replaced = key.post(&custom, &json!({ "custom_attributes": { "plan": "pro" } })).await.expect(200);
    assert_eq!(replaced, json!({ "custom_attributes": { "plan": "pro" } }));
    assert_eq!(key.get(&apex).await.expect(200)["blocked"], true);
    let set = json!({ "custom_attributes": { "apex": { "blocked": false } } });
    let refused = key.post(&custom, &set).await.expect(422);
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("`apex`, which is reserved")), "{refused}");
    let own = json!({ "custom_attributes": { "apex": "yes" } });
    let _ = key.post(&custom, &own).await.expect(422);
    let id = apex.rsplit('/').next().expect("an id").replace('-', "");
    let openai = format!("/dialects/openai/v1/conversations/conv_{id}");
    let refused = key.post(&openai, &json!({ "metadata": { "apex": "x" } })).await.expect(400);
    assert_eq!(refused["error"]["param"], "metadata.apex");
    let _ = key.post(&openai, &json!({ "metadata": { "topic": "x" } })).await.expect(200);
    assert_eq!(key.get(&apex).await.expect(200)["blocked"], true);
    // What no dialect has set is the workspace's own.
    let other = open(&key, json!({ "source_id": "cus_1" })).await;
    let replaced = key.post(&format!("{other}/custom_attributes"), &own).await.expect(200);
    assert_eq!(replaced, own);
}

#[tokio::test]
async fn what_other_dialects_keep_of_a_contact_stays() {
    let world = World::new().await;
    let key = world.server_key();
    let intercom = "/dialects/intercom/contacts";
    let contact = json!({ "external_id": "cus_1", "email": "ada@example.com", "role": "lead" });
    let _ = key.post(intercom, &contact).await.expect(200);
    let _ = key.post(&format!("{intercom}/cus_1/archive"), &json!({})).await.expect(200);
    let chatwoot = json!({ "custom_attributes": { "plan": "pro" }, "additional_attributes": { "city": "Berlin" } });
    let path = format!("{ACCOUNT}/contacts/cus_1");
    let updated = key.ask(Method::PUT, &path).json(&chatwoot).send().await.expect(200);
    assert_eq!(updated["payload"]["custom_attributes"], json!({ "plan": "pro" }));
    let leads = "/dialects/empfio/api/v1/leads";
    let lead = json!({ "email": "ada@example.com", "status": "won", "metadata": { "a": 1 } });
    assert_eq!(key.post(leads, &lead).await.expect(200)["metadata"], json!({ "a": 1 }));
    let updated = key.patch(&format!("{leads}/cus_1"), &json!({ "metadata": Value::Null })).await.expect(200);
    assert_eq!((&updated["metadata"], &updated["status"]), (&json!({}), &json!("won")));
    let set = json!({ "metadata": { "intercom": { "archived": false } } });
    let refused = key.patch(&format!("{leads}/cus_1"), &set).await.expect(400);
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("`intercom`, which is reserved")), "{refused}");
    let stored = key.get("/api/v1/customers/cus_1").await.expect(200)["customer"]["metadata"].clone();
    let expected = json!({
        "chatwoot": { "additional_attributes": { "city": "Berlin" } }, "empfio": { "status": "won" },
        "intercom": { "archived": true, "role": "lead" },
    });
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn page_of_long_messages_is_shorter() {
    let world = World::new().await;
    let key = world.server_key();
    let path = format!("{}/messages", open(&key, json!({ "source_id": "cus_1" })).await);
    let long = "é".repeat(130_000);
    for i in 0..10 {
        let _ = key.post(&path, &json!({ "content": format!("{i}{long}") })).await.expect(200);
    }
    let first = |list: &Value| {
        list["payload"].as_array().expect("a list").iter().map(|one| one["id"].to_string()).collect::<Vec<_>>()
    };
    let newest = first(&key.get(&path).await.expect(200));
    assert!((5..10).contains(&newest.len()), "{}", newest.len());
    let older = first(&key.get(&format!("{path}?before={}", newest[0])).await.expect(200));
    let all: Vec<_> = older.into_iter().chain(newest).collect();
    assert_eq!(first(&key.get(&format!("{path}?after=1")).await.expect(200))[0], all[0]);
    assert_eq!(all.len(), 10);
    assert!(all.is_sorted_by_key(|id| id.parse::<u64>().expect("a number")));
}
