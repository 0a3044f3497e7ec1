use deskless_tests::World;
use serde_json::{Value, json};

use super::{assert_detail, at, create, example, get, say, visitor};
use crate::rows::{Row, has_keys, member, ours, row};

const MESSAGE: [&str; 5] = ["id", "sender_email", "body", "message_type", "created_at"];

async fn thread(w: &World, conversation: &Value) -> Value {
    get(&w.server_key(), &at(conversation, "messages/")).await.expect(200)
}

/// A message of the example shows this value.
fn shows(id: &'static str, field: &'static str, wanted: Option<&'static str>) -> Row {
    row(id, move |w| async move {
        let made = example(&w).await;
        let said = say(&w, &made, "I need help with my order", "customer@example.com").await;
        assert_eq!(thread(&w, &made).await["results"][0], said);
        let path = format!("/api/v1/conversations/{}/messages", made["id"].as_str().expect("an id"));
        let here = w.server_key().get(&path).await.expect(200)["messages"][0].clone();
        let wanted = wanted.map_or_else(|| here[field.replace("created_at", "createdAt")].clone(), Value::from);
        assert_eq!(said[field], wanted);
    })
}

fn list() -> Vec<Row> {
    vec![
        row("messages.list.route", |w| async move {
            let made = example(&w).await;
            let agent = member(&w, "agent").await;
            let first = say(&w, &made, "I need help with my order", "customer@example.com").await;
            let second = say(&w, &made, "Sure! Let me look into that.", "agent@yourcompany.com").await;
            assert_eq!(second["sender_email"], agent["email"]);
            let _ = crate::rows::say(&w, &made["id"], json!({ "type": "note", "body": "Internal" })).await;
            let list = thread(&w, &made).await;
            assert_eq!((&list["results"][0], &list["results"][1]), (&first, &second));
            assert_eq!(list["results"][2]["message_type"], "note");
        }),
        row("messages.list.key.client", |w| async move {
            let (browser, made) = visitor(&w).await;
            let _ = member(&w, "agent").await;
            let _ = say(&w, &made, "Sure!", "agent@yourcompany.com").await;
            let _ = crate::rows::say(&w, &made["id"], json!({ "type": "note", "body": "Internal" })).await;
            let list = get(&browser, &at(&made, "messages/")).await.expect(200);
            assert_eq!(list["count"], 1, "notes are internal");
            has_keys(&list["results"][0], &MESSAGE);
            assert_eq!(
                (&list["results"][0]["body"], &list["results"][0]["sender_email"]),
                (&json!("Sure!"), &Value::Null)
            );
            let part = get(&browser, &at(&made, "messages/?limit=1&offset=1")).await.expect(200);
            assert_eq!(part, json!({ "count": 1, "results": [] }));
            let foreign = example(&w).await;
            assert_detail(get(&browser, &at(&foreign, "messages/")).await, 404, "");
            assert_detail(get(&w.client_key(), &at(&made, "messages/")).await, 403, "X-Customer-Token");
        }),
        row("messages.list.all", |w| async move {
            let made = example(&w).await;
            for number in 0..230 {
                let _ = crate::rows::say(&w, &made["id"], json!({ "body": number.to_string() })).await;
            }
            let list = get(&w.server_key(), &at(&made, "messages/")).await;
            assert_eq!(list.header("x-has-more"), None);
            let list = list.expect(200);
            let bodies: Vec<_> =
                list["results"].as_array().expect("rows").iter().map(|one| one["body"].clone()).collect();
            assert_eq!((list["count"].as_u64(), bodies.len(), &bodies[229]), (Some(230), 230, &json!("229")));
            let part = get(&w.server_key(), &at(&made, "messages/?limit=2&offset=200")).await.expect(200);
            assert_eq!((part["count"].as_u64(), &part["results"][0]["body"]), (Some(230), &json!("200")));
        }),
        row("messages.count", |w| async move {
            let made = example(&w).await;
            for body in ["1", "2", "3"] {
                let _ = say(&w, &made, body, "customer@example.com").await;
            }
            assert_eq!(thread(&w, &made).await["count"], 3);
        }),
        row("messages.results", |w| async move {
            let made = example(&w).await;
            assert_eq!(thread(&w, &made).await, json!({ "count": 0, "results": [] }));
            let said = say(&w, &made, "1", "customer@example.com").await;
            assert_eq!(thread(&w, &made).await, json!({ "count": 1, "results": [said] }));
        }),
        row("message.example", |w| async move {
            let made = example(&w).await;
            has_keys(&say(&w, &made, "I need help with my order", "customer@example.com").await, &MESSAGE);
            has_keys(&thread(&w, &made).await["results"][0], &MESSAGE);
        }),
        shows("message.id", "id", None),
        shows("message.sender_email", "sender_email", Some("customer@example.com")),
        shows("message.body", "body", Some("I need help with my order")),
        shows("message.message_type", "message_type", Some("reply")),
        shows("message.created_at", "created_at", None),
    ]
}

fn creation() -> Vec<Row> {
    vec![
        row("messages.create.route", |w| async move {
            let made = example(&w).await;
            let said = say(&w, &made, "Hi", "customer@example.com").await;
            assert_eq!(thread(&w, &made).await["results"], json!([said]));
        }),
        row("messages.create.body", |w| async move {
            let path = at(&example(&w).await, "messages/create/");
            let missing = w.server_key().post(&path, &json!({ "user_email": "customer@example.com" })).await;
            assert_detail(missing, 400, "`body` is required");
        }),
        row("messages.create.user_email", |w| async move {
            let made = example(&w).await;
            let path = at(&made, "messages/create/");
            assert_detail(w.server_key().post(&path, &json!({ "body": "Hi" })).await, 400, "`user_email` is required");
            let _ = say(&w, &made, "Hi", "Customer@example.com").await;
            let here = ours(&w, &made["id"]).await;
            assert_eq!((&here["awaitingReply"], &here["unreadCount"]), (&json!(true), &json!(1)));
        }),
        row("messages.create.user_email.agent", |w| async move {
            let made = example(&w).await;
            let agent = member(&w, "agent").await;
            let _ = say(&w, &made, "Sure!", "agent@yourcompany.com").await;
            let path = format!("/api/v1/conversations/{}/messages", made["id"].as_str().expect("an id"));
            let here = w.server_key().get(&path).await.expect(200)["messages"][0].clone();
            assert_eq!(here["role"], "assistant");
            assert_eq!(here["sender"], json!({ "id": agent["id"], "name": "agent", "email": agent["email"] }));
        }),
        row("messages.create.user_email.anonymous", |w| async move {
            let made = create(&w.server_key(), json!({ "subject": "Help" })).await;
            let said = say(&w, &made, "It is me", "later@example.com").await;
            assert_eq!(said["sender_email"], "later@example.com");
            assert_eq!(ours(&w, &made["id"]).await["awaitingReply"], true);
        }),
        row("messages.create.user_email.unknown", |w| async move {
            let made = example(&w).await;
            let body = json!({ "body": "Hi", "user_email": "stranger@example.com" });
            let answer = w.server_key().post(&at(&made, "messages/create/"), &body).await;
            assert_detail(answer, 400, "`user_email` must be the address of the conversation's requester");
            assert_eq!(thread(&w, &made).await["count"], 0);
        }),
        row("messages.create.key.client", |w| async move {
            let (browser, made) = visitor(&w).await;
            let path = at(&made, "messages/create/");
            let said =
                browser.post(&path, &json!({ "body": "Hi", "user_email": "jane@example.com" })).await.expect(201);
            assert_eq!((&said["sender_email"], &said["message_type"]), (&json!("jane@example.com"), &json!("reply")));
            let _ = member(&w, "agent").await;
            // A customer cannot speak for a member.
            let body = json!({ "body": "Hi", "user_email": "agent@yourcompany.com" });
            assert_detail(browser.post(&path, &body).await, 400, "`user_email` must be the requester's address");
            assert_detail(w.client_key().post(&path, &body).await, 403, "X-Customer-Token");
        }),
        row("interop", |w| async move {
            let made = create(
                &w.server_key(),
                json!({ "subject": "Help", "user_email": "a@example.com", "description": "Hi" }),
            )
            .await;
            let answer =
                json!({ "role": "assistant", "body": "Hello", "sender": { "email": "agent@yourcompany.com" } });
            let _ = crate::rows::say(&w, &made["id"], answer).await;
            let list = thread(&w, &made).await;
            assert_eq!(list["results"][0]["sender_email"], "a@example.com");
            assert_eq!(list["results"][1]["sender_email"], "agent@yourcompany.com");
            let _ = say(&w, &made, "Thanks", "a@example.com").await;
            let path = format!("/api/v1/conversations/{}/messages", made["id"].as_str().expect("an id"));
            let here = w.server_key().get(&path).await.expect(200)["messages"].clone();
            let roles: Vec<_> = here.as_array().expect("messages").iter().map(|one| one["role"].clone()).collect();
            assert_eq!(roles, ["user", "assistant", "user"]);
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [list(), creation()].into_iter().flatten().collect()
}
