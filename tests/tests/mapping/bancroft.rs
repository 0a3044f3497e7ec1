use deskless_tests::{Role, World};
use serde_json::{Value, json};

use crate::support::{
    CONVERSATIONS, Row, at, finds, found, member, newest_first, now, open, row, say, several, shows, thread, with,
};

const CUSTOMERS: &str = "/api/v1/customers";

/// Finds or creates a requester by email.
async fn requester(w: &World, said: Value) -> Value {
    let answer = w.server_key().post(CUSTOMERS, &said).await;
    assert!(answer.status.is_success(), "{answer:?}");
    answer.json()["customer"].clone()
}

/// Creates a conversation like the documented example.
async fn example(w: &World) -> Value {
    let said = json!({ "email": "customer@example.com", "name": "Jane Doe" });
    let customer = requester(w, said).await;
    let fields = json!({
        "subject": "Help with order #1234", "channel": "web", "priority": "normal",
        "customer": { "id": customer["id"] },
    });
    open(w, fields).await
}

fn responds(id: &'static str, pointer: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let opened = example(&w).await;
            assert_eq!(now(&w, &opened).await.pointer(pointer), Some(&wanted));
        }
    })
}

/// Returns a browser that has created a conversation, and the conversation.
async fn visitor(w: &World) -> (Role<'_>, Value) {
    let body = json!({ "subject": "Help", "customer": { "name": "Jane", "email": "jane@example.com" } });
    let opened = w.client_key().post(CONVERSATIONS, &body).await.expect(201);
    let token = opened["customerToken"].as_str().expect("a token").to_owned();
    (w.client_key().on_behalf_of(&token), opened["conversation"].clone())
}

fn create() -> Vec<Row> {
    let mut rows = vec![
        row("create.route", |w| async move {
            let opened = example(&w).await;
            assert_eq!(now(&w, &opened).await, opened);
        }),
        row("create.key.server", |w| async move {
            let _ = w.server_key().open(&with(json!({}))).await;
        }),
        row("create.key.client", |w| async move {
            let (browser, opened) = visitor(&w).await;
            assert_eq!(browser.get(CONVERSATIONS).await.expect(200)["conversations"], json!([opened]));
        }),
        row("create.lookup", |w| async move {
            let first = requester(&w, json!({ "email": "customer@example.com", "name": "Jane" })).await;
            let answer = w.server_key().post(CUSTOMERS, &json!({ "email": " Customer@Example.com" })).await.expect(200);
            assert_eq!(answer["customer"]["id"], first["id"]);
            let opened = open(&w, json!({ "customer": { "id": first["id"] } })).await;
            assert_eq!(opened["customer"]["name"], "Jane");
        }),
        row("create.lookup.created", |w| async move {
            let answer = w.server_key().post(CUSTOMERS, &json!({ "email": "new@example.com" })).await.expect(201);
            let opened = open(&w, json!({ "customer": { "id": answer["customer"]["id"] } })).await;
            assert_eq!(opened["customer"]["email"], "new@example.com");
        }),
        row("create.subject", |w| async move {
            let longest = "x".repeat(500);
            assert_eq!(open(&w, json!({ "subject": longest })).await["subject"], longest);
            for wrong in [json!("x".repeat(501)), Value::Null] {
                let answer = w.server_key().post(CONVERSATIONS, &with(json!({ "subject": wrong }))).await;
                let _ = answer.expect_invalid(&["subject"]);
            }
        }),
        row("create.user_email", |w| async move {
            assert_eq!(example(&w).await["customer"]["email"], "customer@example.com");
        }),
        row("create.user_email.omitted", |w| async move {
            let opened = w.client_key().post(CONVERSATIONS, &json!({ "subject": "Help" })).await.expect(201);
            let customer = &opened["conversation"]["customer"];
            assert!(customer["id"].as_str().expect("text").starts_with("anon_"));
            assert_eq!(now(&w, &opened["conversation"]).await["customer"]["identitySource"], "anonymous");
            // A back end can also create a customer without any data.
            let nobody = w.server_key().post(CUSTOMERS, &json!({})).await.expect(201)["customer"].clone();
            let opened = open(&w, json!({ "customer": { "id": nobody["id"] } })).await;
            assert_eq!((&opened["customer"]["name"], &opened["customer"]["email"]), (&Value::Null, &Value::Null));
        }),
        row("create.description", |w| async move {
            let opened = open(&w, json!({ "message": { "body": "My order is late." } })).await;
            let messages = thread(&w, &opened, "").await["messages"].clone();
            assert_eq!(
                (messages[0]["body"].as_str(), messages[0]["role"].as_str()),
                (Some("My order is late."), Some("user"))
            );
            assert_eq!(opened["preview"], "My order is late.");
        }),
        row("create.user_first_name", |w| async move {
            let made = requester(&w, json!({ "email": "j@example.com", "name": "Jane Doe" })).await;
            assert!(made["name"].as_str().expect("text").starts_with("Jane "));
        }),
        row("create.user_last_name", |w| async move {
            let made = requester(&w, json!({ "email": "j@example.com", "name": "Jane Doe" })).await;
            assert!(made["name"].as_str().expect("text").ends_with(" Doe"));
            // Without a name in the request, the stored name stays.
            assert_eq!(requester(&w, json!({ "email": "j@example.com" })).await["name"], "Jane Doe");
        }),
        shows("create.priority.default", json!({ "priority": "normal" }), "/priority", json!("normal")),
        shows(
            "create.metadata",
            json!({ "metadata": { "phone": "+1", "callback": { "at": [9, 17] } } }),
            "/metadata",
            json!({ "phone": "+1", "callback": { "at": [9, 17] } }),
        ),
    ];
    for (id, priority) in [
        ("create.priority.low", "low"),
        ("create.priority.normal", "normal"),
        ("create.priority.high", "high"),
        ("create.priority.urgent", "urgent"),
    ] {
        rows.push(shows(id, json!({ "priority": priority }), "/priority", json!(priority)));
    }
    for (id, channel) in [
        ("create.channel.web", "web"),
        ("create.channel.email", "email"),
        ("create.channel.api", "api"),
        ("create.channel.callback", "callback"),
    ] {
        rows.push(shows(id, json!({ "channel": channel }), "/channel", json!(channel)));
    }
    rows
}

fn response() -> Vec<Row> {
    vec![
        row("response.id", |w| async move {
            let opened = example(&w).await;
            assert_eq!(opened["id"].as_str().map(str::len), Some(36));
        }),
        row("response.number", |w| async move {
            let (first, second) = (example(&w).await, example(&w).await);
            assert!(first["number"].as_u64() < second["number"].as_u64());
        }),
        responds("response.subject", "/subject", json!("Help with order #1234")),
        responds("response.status", "/status", json!("open")),
        responds("response.priority", "/priority", json!("normal")),
        responds("response.channel", "/channel", json!("web")),
        responds("response.metadata", "/metadata", json!({})),
        responds("response.requester.email", "/customer/email", json!("customer@example.com")),
        responds("response.requester.first_name", "/customer/name", json!("Jane Doe")),
        responds("response.requester.last_name", "/customer/name", json!("Jane Doe")),
        responds("response.created_at", "/createdAt", json!("2026-06-28T18:00:02.000Z")),
        responds("response.updated_at", "/updatedAt", json!("2026-06-28T18:00:02.000Z")),
    ]
}

/// Returns a conversation in each of the documented states.
async fn states(w: &World) -> [(&'static str, Value); 4] {
    [
        ("open", open(w, json!({})).await),
        ("pending", open(w, json!({ "status": "waiting" })).await),
        ("resolved", open(w, json!({ "status": "solved", "resolution": "resolved" })).await),
        ("closed", open(w, json!({ "status": "solved", "resolution": "closed" })).await),
    ]
}

fn list() -> Vec<Row> {
    let mut rows = vec![
        row("list.route", |w| async move {
            let opened = several(&w, 3, json!({})).await;
            let _ = w.other_workspace().open(&with(json!({}))).await;
            assert_eq!(found(&w, "").await, newest_first(&opened));
        }),
        row("list.key.client", |w| async move {
            let (browser, opened) = visitor(&w).await;
            let _ = open(&w, json!({})).await;
            assert_eq!(browser.get(CONVERSATIONS).await.expect(200)["conversations"], json!([opened]));
        }),
        row("list.user_email", |w| async move {
            let wanted = example(&w).await;
            let other = open(&w, json!({ "customer": { "id": "other", "email": "other@example.com" } })).await;
            finds(&w, "customerEmail=Customer@example.com", &wanted, &[&other]).await;
        }),
        row("list.limit", |w| async move {
            let _ = several(&w, 21, json!({})).await;
            assert_eq!((found(&w, "").await.len(), found(&w, "limit=100").await.len()), (20, 21));
            let _ = w.server_key().get(&format!("{CONVERSATIONS}?limit=101")).await.expect_invalid(&["limit"]);
        }),
        row("list.offset", |w| async move {
            let opened = several(&w, 5, json!({})).await;
            // An offset of two becomes the cursor after the second.
            let two = w.server_key().get(&format!("{CONVERSATIONS}?limit=2")).await.expect(200);
            let cursor = two["nextCursor"].as_str().expect("a cursor");
            assert_eq!(found(&w, &format!("cursor={cursor}")).await, newest_first(&opened)[2..]);
        }),
    ];
    for (id, state, query) in [
        ("list.status.open", "open", "status=open"),
        ("list.status.pending", "pending", "status=waiting"),
        ("list.status.resolved", "resolved", "status=solved&resolution=resolved"),
        ("list.status.closed", "closed", "status=solved&resolution=closed"),
    ] {
        rows.push(row(id, move |w| async move {
            let states = states(&w).await;
            let (wanted, others): (Vec<_>, Vec<_>) = states.iter().partition(|(name, _)| *name == state);
            finds(&w, query, &wanted[0].1, &others.iter().map(|(_, one)| one).collect::<Vec<_>>()).await;
        }));
    }
    rows
}

fn messages() -> Vec<Row> {
    vec![
        row("retrieve.route", |w| async move {
            let opened = example(&w).await;
            assert_eq!(now(&w, &opened).await, opened);
        }),
        row("retrieve.key.client", |w| async move {
            let (browser, opened) = visitor(&w).await;
            assert_eq!(browser.get(&at(&opened)).await.expect(200)["conversation"], opened);
        }),
        row("messages.list.route", |w| async move {
            let opened = example(&w).await;
            let first = say(&w, &opened, json!({ "body": "I need help with my order" })).await;
            let second = say(&w, &opened, json!({ "role": "assistant", "body": "Sure! Let me look into that." })).await;
            assert_eq!(thread(&w, &opened, "").await["messages"], json!([first, second]));
        }),
        row("messages.list.key.client", |w| async move {
            let (browser, opened) = visitor(&w).await;
            let _ = say(&w, &opened, json!({ "role": "assistant", "body": "Sure!" })).await;
            let list = browser.get(&format!("{}/messages", at(&opened))).await.expect(200);
            assert_eq!(list["messages"][0]["body"], "Sure!");
        }),
        row("messages.count", |w| async move {
            let opened = example(&w).await;
            for body in ["1", "2", "3"] {
                let _ = say(&w, &opened, json!({ "body": body })).await;
            }
            assert_eq!(now(&w, &opened).await["messageCount"], 3);
        }),
        row("messages.results", |w| async move {
            let opened = example(&w).await;
            let said = say(&w, &opened, json!({ "body": "1" })).await;
            assert_eq!(thread(&w, &opened, "").await["messages"], json!([said]));
        }),
        row("message.id", |w| async move {
            let opened = example(&w).await;
            let said = say(&w, &opened, json!({ "body": "1" })).await;
            let path = format!("{}/messages/{}", at(&opened), said["id"].as_str().expect("text"));
            assert_eq!(w.server_key().get(&path).await.expect(200)["message"]["id"], said["id"]);
        }),
        row("message.sender_email", |w| async move {
            let opened = example(&w).await;
            let said = json!({ "body": "I need help", "sender": { "email": "customer@example.com" } });
            let _ = say(&w, &opened, said).await;
            let messages = thread(&w, &opened, "").await["messages"].clone();
            assert_eq!(messages[0]["sender"]["email"], "customer@example.com");
        }),
        row("message.body", |w| async move {
            let opened = example(&w).await;
            assert_eq!(say(&w, &opened, json!({ "body": "I need help" })).await["body"], "I need help");
        }),
        row("message.message_type", |w| async move {
            let opened = example(&w).await;
            assert_eq!(say(&w, &opened, json!({ "body": "I need help" })).await["type"], "reply");
        }),
        row("message.created_at", |w| async move {
            let opened = example(&w).await;
            assert_eq!(say(&w, &opened, json!({ "body": "Hi" })).await["createdAt"], "2026-06-28T18:00:03.000Z");
        }),
        row("messages.create.route", |w| async move {
            let opened = example(&w).await;
            let _ = say(&w, &opened, json!({ "body": "Hi" })).await;
        }),
        row("messages.create.key.client", |w| async move {
            let (browser, opened) = visitor(&w).await;
            let path = format!("{}/messages", at(&opened));
            let said = browser.post(&path, &json!({ "body": "Hi" })).await.expect(201);
            assert_eq!(said["message"]["role"], "user");
        }),
        row("messages.create.body", |w| async move {
            let path = format!("{}/messages", at(&example(&w).await));
            let _ = w.server_key().post(&path, &json!({})).await.expect_invalid(&["body"]);
            let _ = w.server_key().post(&path, &json!({ "body": "Hi" })).await.expect(201);
        }),
        row("messages.create.user_email", |w| async move {
            let opened = example(&w).await;
            let said = json!({ "body": "Hi", "sender": { "email": "customer@example.com" } });
            assert_eq!(say(&w, &opened, said).await["role"], "user");
            assert_eq!(now(&w, &opened).await["awaitingReply"], true);
        }),
        row("messages.create.user_email.agent", |w| async move {
            let opened = example(&w).await;
            let agent = member(&w, "agent").await;
            let said = json!({ "body": "Sure!", "role": "assistant", "sender": { "email": agent["email"] } });
            let said = say(&w, &opened, said).await;
            assert_eq!((&said["sender"]["email"], &said["role"]), (&agent["email"], &json!("assistant")));
            assert_eq!(now(&w, &opened).await["awaitingReply"], false);
        }),
    ]
}

fn resolve() -> Vec<Row> {
    vec![
        row("resolve.route", |w| async move {
            let opened = example(&w).await;
            let path = format!("{}/resolve", at(&opened));
            let solved = w.server_key().post(&path, &json!({})).await.expect(200)["conversation"].clone();
            assert_eq!(solved["status"], "solved");
            for field in ["id", "number", "subject"] {
                assert_eq!(solved[field], opened[field]);
            }
        }),
        row("resolve.status.closed", |w| async move {
            let opened = example(&w).await;
            let path = format!("{}/resolve", at(&opened));
            let solved = w.server_key().post(&path, &json!({ "resolution": "closed" })).await.expect(200);
            assert_eq!(solved["conversation"]["resolution"], "closed");
            finds(&w, "status=solved&resolution=closed", &opened, &[]).await;
        }),
        row("resolve.key", |w| async move {
            let (browser, opened) = visitor(&w).await;
            let path = format!("{}/resolve", at(&opened));
            let _ = browser.post(&path, &json!({})).await.expect_problem(403, "forbidden");
            let _ = w.server_key().post(&path, &json!({})).await.expect(200);
        }),
    ]
}

/// Returns every row.
pub fn rows() -> Vec<Row> {
    [create(), response(), list(), messages(), resolve()].into_iter().flatten().collect()
}
