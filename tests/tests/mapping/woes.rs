use deskless_tests::example_conversation;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    CONVERSATIONS, Row, at, finds, found, newest_first, now, open, patch, row, say, several, shows, thread, with,
};

/// Creates a row: the documented example returns this value at this pointer.
fn example(id: &'static str, pointer: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let opened = w.server_key().open(&example_conversation()).await;
            let read = now(&w, &opened).await;
            assert_eq!(read.pointer(pointer), Some(&wanted), "{read:#}");
        }
    })
}

fn conversation() -> Vec<Row> {
    vec![
        example("conversation.object", "/object", json!("conversation")),
        row("conversation.id", |w| async move {
            let opened = w.server_key().open(&example_conversation()).await;
            let id = opened["id"].as_str().expect("text");
            assert_eq!((id.len(), id.matches('-').count()), (36, 4));
        }),
        example("conversation.channel", "/channel", json!("api")),
        example("conversation.status", "/status", json!("open")),
        example("conversation.priority", "/priority", json!("medium")),
        example("conversation.subject", "/subject", json!("Need help with auth")),
        row("conversation.preview", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(opened["preview"], opened["subject"]);
            let _ = say(&w, &opened, json!({ "body": "A 401" })).await;
            assert_eq!(now(&w, &opened).await["preview"], "A 401");
        }),
        example("conversation.customer.id", "/customer/id", json!("cus_123")),
        example("conversation.customer.name", "/customer/name", json!("Ada Lovelace")),
        example("conversation.customer.email", "/customer/email", json!("ada@example.com")),
        example("conversation.customer.company", "/customer/company", json!("Example API Co")),
        example("conversation.customer.identitySource", "/customer/identitySource", json!("headers")),
        example("conversation.createdAt", "/createdAt", json!("2026-06-28T18:00:01.000Z")),
        row("conversation.updatedAt", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(opened["updatedAt"], opened["createdAt"]);
            let changed = patch(&w, &opened, json!({ "priority": "high" })).await;
            assert!(changed["updatedAt"].as_str() > opened["updatedAt"].as_str());
        }),
        row("conversation.lastMessageAt", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(opened["lastMessageAt"], opened["createdAt"]);
            let said = say(&w, &opened, json!({ "body": "Hi" })).await;
            assert_eq!(now(&w, &opened).await["lastMessageAt"], said["createdAt"]);
        }),
        row("conversation.closedAt", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(opened["closedAt"], Value::Null);
            let solved = patch(&w, &opened, json!({ "status": "solved" })).await;
            assert_eq!(solved["closedAt"], solved["updatedAt"]);
        }),
    ]
}

fn list() -> Vec<Row> {
    let mut rows = vec![
        row("list.route", |w| async move {
            let opened = w.server_key().open(&example_conversation()).await;
            let list = w.server_key().get("/api/v1/conversations?status=open&limit=10").await.expect(200);
            assert_eq!((&list["object"], &list["hasMore"]), (&json!("list"), &json!(false)));
            assert_eq!(list["conversations"], json!([opened]));
        }),
        row("list.hasMore", |w| async move {
            let _ = several(&w, 2, json!({})).await;
            let list = w.server_key().get("/api/v1/conversations?limit=1").await.expect(200);
            assert_eq!(
                (list["hasMore"].as_bool(), list["conversations"].as_array().map(Vec::len)),
                (Some(true), Some(1))
            );
        }),
        row("list.limit", |w| async move {
            let _ = several(&w, 21, json!({})).await;
            assert_eq!((found(&w, "").await.len(), found(&w, "limit=100").await.len()), (20, 21));
            assert_eq!(found(&w, "limit=1").await.len(), 1);
            for wrong in ["0", "101"] {
                let _ = w.server_key().get(&format!("{CONVERSATIONS}?limit={wrong}")).await.expect_invalid(&["limit"]);
            }
        }),
        row("list.customerId", |w| async move {
            let ours = open(&w, json!({ "customer": { "id": "cus_1" } })).await;
            let other = open(&w, json!({ "customer": { "id": "cus_2" } })).await;
            finds(&w, "customerId=cus_1", &ours, &[&other]).await;
        }),
    ];
    for (id, status) in
        [("list.status.open", "open"), ("list.status.waiting", "waiting"), ("list.status.solved", "solved")]
    {
        rows.push(row(id, move |w| async move {
            let mut opened = Vec::new();
            for status in ["open", "waiting", "solved"] {
                opened.push(open(&w, json!({ "status": status })).await);
            }
            let (wanted, others): (Vec<_>, Vec<_>) = opened.iter().partition(|one| one["status"] == status);
            finds(&w, &format!("status={status}"), wanted[0], &others).await;
        }));
    }
    for (id, channel) in [
        ("list.channel.api", "api"),
        ("list.channel.live-chat", "live-chat"),
        ("list.channel.email", "email"),
        ("list.channel.discord", "discord"),
    ] {
        rows.push(row(id, move |w| async move {
            let wanted = open(&w, json!({ "channel": channel })).await;
            let other = open(&w, json!({ "channel": "sms" })).await;
            finds(&w, &format!("channel={channel}"), &wanted, &[&other]).await;
        }));
    }
    rows
}

fn create() -> Vec<Row> {
    vec![
        row("create.route", |w| async move {
            let made = w.server_key().post(CONVERSATIONS, &example_conversation()).await.expect(201);
            assert_eq!(made["conversation"]["object"], "conversation");
        }),
        row("create.customer.id", |w| async move {
            let _ = w
                .server_key()
                .post(CONVERSATIONS, &json!({ "subject": "a", "customer": {} }))
                .await
                .expect_invalid(&["customer.id"]);
            let _ = w.server_key().post(CONVERSATIONS, &json!({ "subject": "a" })).await.expect_invalid(&["customer"]);
            assert_eq!(open(&w, json!({ "customer": { "id": "cus_9" } })).await["customer"]["id"], "cus_9");
        }),
        shows(
            "create.customer.name",
            json!({ "customer": { "id": "c", "name": "Ada" } }),
            "/customer/name",
            json!("Ada"),
        ),
        shows(
            "create.customer.email",
            json!({ "customer": { "id": "c", "email": "a@b.c" } }),
            "/customer/email",
            json!("a@b.c"),
        ),
        shows(
            "create.customer.company",
            json!({ "customer": { "id": "c", "company": "Co" } }),
            "/customer/company",
            json!("Co"),
        ),
        row("create.subject", |w| async move {
            let _ = w
                .server_key()
                .post(CONVERSATIONS, &json!({ "customer": { "id": "c" } }))
                .await
                .expect_invalid(&["subject"]);
            assert_eq!(open(&w, json!({ "subject": "Mine" })).await["subject"], "Mine");
        }),
        shows("create.externalId", json!({ "externalId": "ticket_1" }), "/externalId", json!("ticket_1")),
        row("create.externalId.409", |w| async move {
            let _ = open(&w, json!({ "externalId": "ticket_1" })).await;
            let again = w.server_key().post(CONVERSATIONS, &with(json!({ "externalId": "ticket_1" }))).await;
            let _ = again.expect_problem(409, "external_id_exists");
            // Another workspace has its own IDs.
            let _ =
                w.other_workspace().post(CONVERSATIONS, &with(json!({ "externalId": "ticket_1" }))).await.expect(201);
        }),
        shows("create.channel", json!({ "channel": "discord" }), "/channel", json!("discord")),
        shows("create.channel.default", json!({}), "/channel", json!("api")),
        row("create.priority", |w| async move {
            for priority in ["p", "x".repeat(32).as_str()] {
                assert_eq!(open(&w, json!({ "priority": priority })).await["priority"], priority);
            }
            for wrong in ["", "x".repeat(33).as_str()] {
                let answer = w.server_key().post(CONVERSATIONS, &with(json!({ "priority": wrong }))).await;
                let _ = answer.expect_invalid(&["priority"]);
            }
        }),
        shows("create.priority.default", json!({}), "/priority", json!("medium")),
    ]
}

fn update() -> Vec<Row> {
    let mut rows = vec![
        row("retrieve.route", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(w.server_key().get(&at(&opened)).await.expect(200), json!({ "conversation": opened }));
        }),
        row("update.route", |w| async move {
            let opened = open(&w, json!({})).await;
            let answer = w.server_key().patch(&at(&opened), &json!({ "status": "solved" })).await.expect(200);
            assert_eq!(answer, json!({ "conversation": now(&w, &opened).await }));
        }),
        row("update.priority", |w| async move {
            let opened = open(&w, json!({})).await;
            for priority in ["p", "x".repeat(32).as_str()] {
                assert_eq!(patch(&w, &opened, json!({ "priority": priority })).await["priority"], priority);
            }
            let change = json!({ "priority": "x".repeat(33) });
            let _ = w.server_key().patch(&at(&opened), &change).await.expect_invalid(&["priority"]);
        }),
        row("update.subject", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(patch(&w, &opened, json!({ "subject": "Another" })).await["subject"], "Another");
        }),
    ];
    for (id, status) in
        [("update.status.open", "open"), ("update.status.waiting", "waiting"), ("update.status.solved", "solved")]
    {
        rows.push(row(id, move |w| async move {
            let opened = open(&w, json!({ "status": if status == "open" { "waiting" } else { "open" } })).await;
            assert_eq!(patch(&w, &opened, json!({ "status": status })).await["status"], status);
        }));
    }
    rows
}

/// Creates a row: the documented message returns this value in this field.
fn message(id: &'static str, field: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let opened = open(&w, json!({})).await;
            let body = json!({ "role": "user", "body": "I am getting a 401 from POST /orders." });
            let said = say(&w, &opened, body).await;
            assert_eq!(said[field], wanted);
            assert_eq!(thread(&w, &opened, "").await["messages"], json!([said]));
        }
    })
}

fn messages() -> Vec<Row> {
    vec![
        row("messages.list.route", |w| async move {
            let opened = open(&w, json!({})).await;
            let said = [say(&w, &opened, json!({ "body": "1" })).await, say(&w, &opened, json!({ "body": "2" })).await];
            let list = thread(&w, &opened, "").await;
            assert_eq!((&list["object"], &list["messages"]), (&json!("list"), &json!(said)));
        }),
        message("message.object", "object", json!("message")),
        row("message.id", |w| async move {
            let opened = open(&w, json!({})).await;
            let said = say(&w, &opened, json!({ "body": "1" })).await;
            let path = format!("{}/messages/{}", at(&opened), said["id"].as_str().expect("text"));
            assert_eq!(w.server_key().get(&path).await.expect(200)["message"], said);
        }),
        row("message.conversationId", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(say(&w, &opened, json!({ "body": "1" })).await["conversationId"], opened["id"]);
        }),
        message("message.role", "role", json!("user")),
        message("message.body", "body", json!("I am getting a 401 from POST /orders.")),
        message("message.deliveryStatus", "deliveryStatus", json!("delivered")),
        message("message.createdAt", "createdAt", json!("2026-06-28T18:00:02.000Z")),
        row("messages.create.route", |w| async move {
            let path = format!("{}/messages", at(&open(&w, json!({})).await));
            let made = w.server_key().post(&path, &json!({ "role": "user", "body": "Hi" })).await.expect(201);
            assert_eq!(made["message"]["object"], "message");
        }),
        row("messages.create.body", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(say(&w, &opened, json!({ "body": "ü".repeat(8000) })).await["body"], "ü".repeat(8000));
            let path = format!("{}/messages", at(&opened));
            for wrong in [json!({}), json!({ "body": "x".repeat(8001) })] {
                let _ = w.server_key().post(&path, &wrong).await.expect_invalid(&["body"]);
            }
        }),
        row("messages.create.role.user", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(say(&w, &opened, json!({ "role": "user", "body": "Hi" })).await["role"], "user");
        }),
        row("messages.create.role.assistant", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(say(&w, &opened, json!({ "role": "assistant", "body": "Hi" })).await["role"], "assistant");
        }),
        row("messages.create.role.default", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(say(&w, &opened, json!({ "body": "Hi" })).await["role"], "user");
        }),
    ]
}

fn rules() -> Vec<Row> {
    vec![
        row("rule.key", |w| async move {
            let _ = w.anon().get(CONVERSATIONS).await.expect_problem(401, "unauthorized");
            let _ = w.server_key().get(CONVERSATIONS).await.expect(200);
        }),
        row("rule.one-model", |w| async move {
            let mut opened = Vec::new();
            for channel in ["live-chat", "email", "discord", "api"] {
                let one = open(&w, json!({ "channel": channel })).await;
                let _ = say(&w, &one, json!({ "body": "Hi" })).await;
                opened.push(one);
            }
            assert_eq!(found(&w, "").await, newest_first(&opened));
        }),
        row("rule.tenant", |w| async move {
            let opened = open(&w, json!({})).await;
            let other = w.other_workspace();
            let _ = other.get(&at(&opened)).await.expect_problem(404, "not_found");
            let _ = other.patch(&at(&opened), &json!({ "status": "solved" })).await.expect_problem(404, "not_found");
            let messages = format!("{}/messages", at(&opened));
            let _ = other.get(&messages).await.expect_problem(404, "not_found");
            let _ = other.post(&messages, &json!({ "body": "Hi" })).await.expect_problem(404, "not_found");
            let _ = other.ask(Method::DELETE, &at(&opened)).send().await.expect_problem(404, "not_found");
            assert_eq!(other.get(CONVERSATIONS).await.expect(200)["conversations"], json!([]));
        }),
    ]
}

/// Returns every row.
pub fn rows() -> Vec<Row> {
    [conversation(), list(), create(), update(), messages(), rules()].into_iter().flatten().collect()
}
