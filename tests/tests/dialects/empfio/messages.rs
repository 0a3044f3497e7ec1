use deskless_tests::World;
use serde_json::{Value, json};

use super::{MESSAGE, assert_detail, at, example, get};
use crate::rows::{Row, has_keys, open, row, say};

async fn thread(w: &World, conversation: &Value, query: &str) -> Vec<Value> {
    let array = get(&w.server_key(), &at(conversation, &format!("/messages{query}"))).await.expect(200);
    array.as_array().expect("an array").clone()
}

/// A message that was created with our own API shows this value.
fn shows(id: &'static str, fields: Value, field: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let (fields, wanted) = (fields.clone(), wanted.clone());
        async move {
            let made = open(&w, json!({})).await;
            let _ = say(&w, &made["id"], fields).await;
            assert_eq!(thread(&w, &made, "").await[0][field], wanted);
        }
    })
}

fn same_as_ours(id: &'static str, field: &'static str, here: &'static str) -> Row {
    row(id, move |w| async move {
        let made = open(&w, json!({})).await;
        let said = say(&w, &made["id"], json!({ "body": "Hi" })).await;
        assert_eq!(thread(&w, &made, "").await[0][field], said[here]);
    })
}

pub fn rows() -> Vec<Row> {
    vec![
        row("message.example", |w| async move {
            let messages = thread(&w, &example(&w).await, "").await;
            has_keys(&messages[0], &MESSAGE);
            assert_eq!((&messages[0]["role"], &messages[1]["role"]), (&json!("user"), &json!("assistant")));
            assert_eq!(messages[0]["content"], "Hi, I'd like to book a haircut");
        }),
        same_as_ours("message.id", "id", "id"),
        same_as_ours("message.conversation_id", "conversation_id", "conversationId"),
        shows("message.role.user", json!({ "body": "Hi" }), "role", json!("user")),
        shows("message.role.assistant", json!({ "body": "Hi", "role": "assistant" }), "role", json!("assistant")),
        row("message.role.system", |w| async move {
            let made = open(&w, json!({})).await;
            let _ = say(&w, &made["id"], json!({ "body": "Hi", "role": "system" })).await;
            let _ = say(&w, &made["id"], json!({ "body": "Internal", "type": "note" })).await;
            let roles: Vec<_> = thread(&w, &made, "").await.iter().map(|one| one["role"].clone()).collect();
            assert_eq!(roles, ["system", "system"]);
        }),
        shows("message.content", json!({ "body": "Hello" }), "content", json!("Hello")),
        row("message.metadata", |w| async move {
            let made = open(&w, json!({})).await;
            let _ = say(&w, &made["id"], json!({ "body": "1", "metadata": { "provider": { "id": 1 } } })).await;
            let _ = say(&w, &made["id"], json!({ "body": "2" })).await;
            let messages = thread(&w, &made, "").await;
            assert_eq!(messages[0]["metadata"], json!({ "provider": { "id": 1 } }));
            assert_eq!(messages[1]["metadata"], json!({}));
        }),
        same_as_ours("message.created_at", "created_at", "createdAt"),
        row("messages.route", |w| async move {
            let made = example(&w).await;
            let single = get(&w.server_key(), &at(&made, "")).await.expect(200);
            assert_eq!(json!(thread(&w, &made, "?limit=50&offset=0").await), single["messages"]);
        }),
        row("messages.array", |w| async move {
            let made = open(&w, json!({})).await;
            assert_eq!(get(&w.server_key(), &at(&made, "/messages")).await.expect(200), json!([]));
        }),
        row("messages.limit", |w| async move {
            let made = open(&w, json!({})).await;
            for _ in 0..101 {
                let _ = say(&w, &made["id"], json!({ "body": "Hi" })).await;
            }
            assert_eq!((thread(&w, &made, "").await.len(), thread(&w, &made, "?limit=500").await.len()), (100, 101));
            for wrong in ["501", "0"] {
                let answer = get(&w.server_key(), &at(&made, &format!("/messages?limit={wrong}"))).await;
                assert_detail(answer, 400, "`limit` must be a whole number from 1 to 500");
            }
        }),
        row("messages.offset", |w| async move {
            let made = open(&w, json!({})).await;
            for number in 0..4 {
                let _ = say(&w, &made["id"], json!({ "body": number.to_string() })).await;
            }
            let contents = async |query: &str| -> Vec<Value> {
                thread(&w, &made, query).await.iter().map(|one| one["content"].clone()).collect()
            };
            assert_eq!(contents("?offset=1&limit=2").await, ["1", "2"]);
            assert_eq!(contents("?offset=3").await, ["3"]);
            assert_eq!(contents("?offset=4").await, Vec::<Value>::new());
            let beyond = get(&w.server_key(), &at(&made, "/messages?offset=10001")).await;
            assert_detail(beyond, 400, "`offset` must be at most 10,000");
        }),
    ]
}
