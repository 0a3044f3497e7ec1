//! Conversations and their parts.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Desk, ours, text};

#[tokio::test]
async fn conversation_reads_the_same_in_both_apis() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let new = json!({
        "subject": "Order 7", "channel": "whatsapp", "priority": "high", "tags": ["vip"],
        "customer": { "id": "cus_bob", "name": "Bob" }, "metadata": { "order": 7 },
        "message": { "role": "user", "body": "Where is it?" },
    });
    let id = text(&ours(&world, Method::POST, "/conversations", &new).await["conversation"]["id"]);
    let messages = format!("/conversations/{id}/messages");
    ours(&world, Method::POST, &messages, &json!({ "role": "assistant", "body": "On its way" })).await;
    let shown = desk.get(&format!("/conversations/{id}")).await;
    assert_eq!(
        (&shown["title"], &shown["priority"], &shown["source"]["type"], &shown["source"]["author"]["name"]),
        (&json!("Order 7"), &json!("priority"), &json!("whatsapp"), &json!("Bob"))
    );
    assert_eq!(
        (&shown["tags"]["tags"][0]["name"], &shown["custom_attributes"]),
        (&json!("vip"), &json!({ "order": 7 }))
    );
    let part = &shown["conversation_parts"]["conversation_parts"][0];
    assert_eq!((&part["body"], &part["author"]["type"]), (&json!("<p>On its way</p>"), &json!("bot")));
    assert_eq!(shown["conversation_parts"]["total_count"], 1);
    desk.manage(&id, json!({ "message_type": "close", "type": "admin" })).await;
    let solved = ours(&world, Method::GET, &format!("/conversations/{id}"), &Value::Null).await;
    assert_eq!(
        (&solved["conversation"]["status"], &solved["conversation"]["resolution"]),
        (&json!("solved"), &json!("resolved"))
    );
}

#[tokio::test]
async fn parts_change_state_and_assignee() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    let until = 4_000_000_000_u64;
    let snoozed = desk.manage(&id, json!({ "message_type": "snoozed", "snoozed_until": until })).await;
    assert_eq!(
        (&snoozed["state"], &snoozed["open"], &snoozed["snoozed_until"]),
        (&json!("snoozed"), &json!(true), &json!(until))
    );
    let closed = desk.manage(&id, json!({ "message_type": "close", "type": "admin" })).await;
    assert_eq!(
        (&closed["state"], &closed["open"], &closed["snoozed_until"]),
        (&json!("closed"), &json!(false), &Value::Null)
    );
    let again = desk.manage(&id, json!({ "message_type": "snoozed", "snoozed_until": until })).await;
    assert_eq!((&again["state"], &again["open"]), (&json!("snoozed"), &json!(true)));
    let open = desk.manage(&id, json!({ "message_type": "open" })).await;
    assert_eq!((&open["state"], &open["snoozed_until"]), (&json!("open"), &Value::Null));
    let assign = |to: &str, body: Value| json!({ "message_type": "assignment", "type": "admin", "assignee_id": to, "body": body });
    let assigned = desk.manage(&id, assign(&desk.admin, json!("Grace will help"))).await;
    let part = &assigned["conversation_parts"]["conversation_parts"][0];
    assert_eq!((&part["part_type"], &part["assigned_to"]["id"]), (&json!("assignment"), &json!(desk.admin)));
    assert_eq!(assigned["admin_assignee_id"], json!(desk.admin));
    let nobody = desk.manage(&id, assign("0", Value::Null)).await;
    assert_eq!((&nobody["admin_assignee_id"], &nobody["teammates"]), (&Value::Null, &Value::Null));
    for (change, status, field) in [
        (json!({ "message_type": "snoozed", "snoozed_until": 1 }), 400, json!("snoozed_until")),
        (json!({ "message_type": "snoozed" }), 400, json!("snoozed_until")),
        (json!({ "message_type": "assignment", "type": "team", "assignee_id": "1" }), 400, json!("type")),
        (assign("1", json!("not written")), 404, Value::Null),
        (json!({ "message_type": "open", "body": "not written" }), 400, json!("body")),
        (json!({ "message_type": "merge" }), 400, json!("message_type")),
    ] {
        let mut body = change;
        body["admin_id"] = json!(desk.admin);
        let error = desk.fails(Method::POST, &format!("/conversations/{id}/parts"), &body, status).await;
        assert_eq!(error["field"], field, "{error}");
    }
    assert_eq!(desk.get(&format!("/conversations/{id}")).await["conversation_parts"]["total_count"], 1);
}

#[tokio::test]
async fn repeated_close_writes_once() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    let close = json!({ "message_type": "close", "type": "admin", "admin_id": desk.admin, "body": "Bye" });
    let send = async || {
        let path = format!("/dialects/intercom/conversations/{id}/parts");
        world.server_key().ask(Method::POST, &path).header("idempotency-key", "k-1").json(&close).send_now().await
    };
    let _ = send().await;
    desk.reply(&id, &json!({ "message_type": "comment", "type": "user", "user_id": "cus_ada", "body": "Wait" })).await;
    let repeated = send().await;
    assert_eq!(repeated.header("idempotent-replayed"), Some("true"));
    let shown = repeated.json();
    assert_eq!((&shown["state"], &shown["conversation_parts"]["total_count"]), (&json!("open"), &json!(2)));
}

#[tokio::test]
async fn contact_replies_by_id_email_and_last() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let older = desk.conversation("First").await;
    let newest = desk.conversation("Second").await;
    let reply = |who: &str, value: &str| {
        let mut body = json!({ "message_type": "comment", "type": "user", "body": "Hello" });
        body[who] = json!(value);
        body
    };
    for (who, value) in [("intercom_user_id", "cus_ada"), ("user_id", "cus_ada"), ("email", "Ada@Example.com")] {
        let shown = desk.reply(&older, &reply(who, value)).await;
        assert_eq!(shown["id"], json!(older));
    }
    desk.manage(&newest, json!({ "message_type": "close", "type": "admin", "body": "Bye" })).await;
    let shown = desk.reply("last", &reply("intercom_user_id", "cus_ada")).await;
    assert_eq!((&shown["id"], &shown["state"]), (&json!(newest), &json!("open")));
    let error = desk.fails(Method::POST, &format!("/conversations/{older}/reply"), &reply("user_id", "eve"), 404).await;
    assert_eq!(error["message"], "User Not Found");
    let note = json!({ "message_type": "note", "type": "user", "user_id": "cus_ada", "body": "x" });
    desk.fails(Method::POST, &format!("/conversations/{older}/reply"), &note, 400).await;
}

#[tokio::test]
async fn conversations_are_listed_by_cursor() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(desk.conversation(&format!("Question {number}")).await);
    }
    made.reverse();
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for page in 1..=3 {
        let listed = desk.get(&format!("/conversations?per_page=2{cursor}")).await;
        let pages = &listed["pages"];
        assert_eq!(
            (&pages["page"], &pages["total_pages"], &listed["total_count"]),
            (&json!(page), &json!(3), &json!(5))
        );
        let rows = listed["conversations"].as_array().expect("a list");
        assert!(rows[0]["source"]["body"].as_str().is_some_and(|body| body.starts_with("<p>Question ")), "{rows:?}");
        assert!(rows[0].get("conversation_parts").is_none());
        ids.extend(rows.iter().map(|one| text(&one["id"])));
        match pages["next"]["starting_after"].as_str() {
            Some(next) => cursor = format!("&starting_after={next}"),
            None => assert_eq!(page, 3),
        }
    }
    assert_eq!(ids, made);
    let error = desk.fails(Method::GET, "/conversations?starting_after=x", &Value::Null, 400).await;
    assert_eq!(error["code"], "parameter_invalid");
    for query in ["per_page=151", "per_page=0", "page=2", "order=asc"] {
        desk.fails(Method::GET, &format!("/conversations?{query}"), &Value::Null, 400).await;
    }
}

#[tokio::test]
async fn redacted_message_is_deleted() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("My card is 4111").await;
    let source = text(&desk.get(&format!("/conversations/{id}")).await["source"]["id"]);
    let redact = json!({ "type": "source", "conversation_id": id, "source_id": source });
    let shown = desk.ok(Method::POST, "/conversations/redact", &redact).await;
    assert_eq!(shown["source"]["body"], Value::Null);
    desk.ok(Method::POST, "/conversations/redact", &redact).await;
    let other = desk.conversation("Hi").await;
    let later = text(&desk.get(&format!("/conversations/{other}")).await["source"]["id"]);
    let wrong = json!({ "type": "source", "conversation_id": id, "source_id": later });
    let error = desk.fails(Method::POST, "/conversations/redact", &wrong, 404).await;
    assert_eq!(error["code"], "conversation_part_or_message_not_found");
}

#[tokio::test]
async fn tags_have_reversible_ids() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    let tag = text(&desk.ok(Method::POST, "/tags", &json!({ "name": "Große Tags/1" })).await["id"]);
    assert_eq!(desk.get(&format!("/tags/{tag}")).await["name"], "Große Tags/1");
    let attach = json!({ "id": tag, "admin_id": desk.admin });
    desk.ok(Method::POST, &format!("/conversations/{id}/tags"), &attach).await;
    let stored = ours(&world, Method::GET, &format!("/conversations/{id}"), &Value::Null).await;
    assert_eq!(stored["conversation"]["tags"], json!(["Große Tags/1"]));
    assert_eq!(desk.get("/tags").await["data"][0]["id"], json!(tag));
    let detach =
        desk.ok(Method::DELETE, &format!("/conversations/{id}/tags/{tag}"), &json!({ "admin_id": desk.admin })).await;
    assert_eq!(detach["id"], json!(tag));
    assert_eq!(desk.get(&format!("/conversations/{id}")).await["tags"]["tags"], json!([]));
    for _ in 0..2 {
        desk.ok(Method::POST, &format!("/conversations/{id}/tags"), &attach).await;
        desk.ok(Method::DELETE, &format!("/tags/{tag}"), &Value::Null).await;
        let _ = world.drain_events().await;
        assert_eq!(desk.get(&format!("/conversations/{id}")).await["tags"]["tags"], json!([]));
    }
    let rename = json!({ "id": tag, "name": "other" });
    assert_eq!(desk.fails(Method::POST, "/tags", &rename, 400).await["field"], "id");
    let other = json!({ "name": "vip", "users": [{ "id": "cus_ada" }] });
    assert_eq!(desk.fails(Method::POST, "/tags", &other, 400).await["field"], "users");
}

#[tokio::test]
async fn update_keeps_other_attributes() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    let path = format!("/conversations/{id}");
    desk.ok(Method::PUT, &path, &json!({ "custom_attributes": { "a": 1, "b": "x" }, "title": "T" })).await;
    let shown =
        desk.ok(Method::PUT, &path, &json!({ "custom_attributes": { "a": null, "c": true }, "read": true })).await;
    assert_eq!((&shown["custom_attributes"], &shown["title"]), (&json!({ "b": "x", "c": true }), &json!("T")));
    assert_eq!(shown["read"], true);
    assert_eq!(desk.fails(Method::PUT, &path, &json!({ "read": false }), 400).await["field"], "read");
    assert_eq!(desk.fails(Method::PUT, &path, &json!({ "company_id": "1" }), 400).await["field"], "company_id");
    let reserved = json!({ "custom_attributes": { "intercom": 1 } });
    desk.fails(Method::PUT, &path, &reserved, 400).await;
}
