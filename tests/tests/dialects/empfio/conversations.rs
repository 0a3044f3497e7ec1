use serde_json::{Value, json};

use super::{CONVERSATION, LIST, MESSAGE, assert_detail, at, example, get, listed};
use crate::rows::{Row, has_keys, open, ours, row, say};

/// The example shows this value in the list, and the same in the single conversation, if it is there.
fn shows(id: &'static str, field: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let made = example(&w).await;
            assert_eq!(listed(&w, &made).await[field], wanted);
            let single = get(&w.server_key(), &at(&made, "")).await.expect(200);
            assert!(single.get(field).is_none_or(|value| *value == wanted) || field == "lead");
        }
    })
}

fn same_as_ours(id: &'static str, field: &'static str, here: &'static str) -> Row {
    row(id, move |w| async move {
        let made = example(&w).await;
        assert_eq!(listed(&w, &made).await[field], ours(&w, &made["id"]).await[here]);
    })
}

fn channel(id: &'static str, channel: &'static str) -> Row {
    row(id, move |w| async move {
        let made = open(&w, json!({ "channel": channel })).await;
        assert_eq!(listed(&w, &made).await["channel"], channel);
    })
}

/// Conversations with these fields show this status.
fn status(id: &'static str, shown: &'static str, states: Value) -> Row {
    row(id, move |w| {
        let states = states.clone();
        async move {
            for fields in states.as_array().expect("states") {
                let made = open(&w, fields.clone()).await;
                assert_eq!(listed(&w, &made).await["status"], shown, "{fields}");
                assert_eq!(get(&w.server_key(), &at(&made, "")).await.expect(200)["status"], shown, "{fields}");
            }
        }
    })
}

/// After an update, every conversation shows this status, and our own API this state.
fn updates(id: &'static str, status: &'static str, state: Value) -> Row {
    row(id, move |w| {
        let state = state.clone();
        async move {
            for before in [
                json!({}),
                json!({ "status": "waiting" }),
                json!({ "escalated": true }),
                json!({ "status": "solved", "resolution": "completed", "escalated": true }),
                json!({ "status": "solved", "resolution": "abandoned" }),
            ] {
                let made = open(&w, before.clone()).await;
                let was = listed(&w, &made).await["status"].clone();
                let updated = w.server_key().patch(&at(&made, ""), &json!({ "status": status })).await.expect(200);
                has_keys(&updated, &CONVERSATION);
                assert_eq!(updated["status"], status, "{before}");
                assert_eq!(listed(&w, &made).await, updated);
                if was != status {
                    let here = ours(&w, &made["id"]).await;
                    for (field, wanted) in state.as_object().expect("a state") {
                        assert_eq!(here[field], *wanted, "{before}");
                    }
                }
            }
        }
    })
}

fn fields() -> Vec<Row> {
    vec![
        row("conversation.example", |w| async move {
            let made = example(&w).await;
            let shown = listed(&w, &made).await;
            has_keys(&shown, &CONVERSATION);
            has_keys(&shown["lead"], &["id", "name", "email"]);
        }),
        same_as_ours("conversation.id", "id", "id"),
        shows("conversation.lead_id", "lead_id", json!("550e8400-e29b-41d4-a716-446655440000")),
        row("conversation.session_key", |w| async move {
            assert_eq!(listed(&w, &example(&w).await).await["session_key"], "whatsapp_+49123456789");
            assert_eq!(listed(&w, &open(&w, json!({})).await).await["session_key"], Value::Null);
        }),
        channel("conversation.channel.whatsapp", "whatsapp"),
        channel("conversation.channel.telegram", "telegram"),
        channel("conversation.channel.web", "web"),
        channel("conversation.channel.voice", "voice"),
        channel("conversation.channel.other", "live-chat"),
        shows("conversation.status", "status", json!("active")),
        shows("conversation.message_count", "message_count", json!(2)),
        same_as_ours("conversation.created_at", "created_at", "createdAt"),
        same_as_ours("conversation.updated_at", "updated_at", "updatedAt"),
        shows(
            "conversation.lead",
            "lead",
            json!({ "id": "550e8400-e29b-41d4-a716-446655440000", "name": "Jane Smith", "email": "jane@example.com" }),
        ),
        row("conversation.last_message_at", |w| async move {
            let made = example(&w).await;
            assert_eq!(listed(&w, &made).await["last_message_at"], ours(&w, &made["id"]).await["lastMessageAt"]);
            assert_eq!(listed(&w, &open(&w, json!({})).await).await["last_message_at"], Value::Null);
        }),
        row("conversation.last_message_preview", |w| async move {
            let wanted = "Hello! I'd be happy to help you book a haircut...";
            assert_eq!(listed(&w, &example(&w).await).await["last_message_preview"], wanted);
            assert_eq!(listed(&w, &open(&w, json!({})).await).await["last_message_preview"], Value::Null);
        }),
        status("status.active", "active", json!([{}, { "status": "waiting" }])),
        status(
            "status.completed",
            "completed",
            json!([
                { "status": "solved", "resolution": "completed" }, { "status": "solved", "resolution": "resolved" },
                { "status": "solved", "resolution": "closed", "escalated": true },
            ]),
        ),
        status(
            "status.escalated",
            "escalated",
            json!([{ "escalated": true }, { "escalated": true, "status": "waiting" }]),
        ),
        status("status.abandoned", "abandoned", json!([{ "status": "solved", "resolution": "abandoned" }])),
    ]
}

fn operations() -> Vec<Row> {
    vec![
        row("get.route", |w| async move {
            let made = example(&w).await;
            let single = get(&w.server_key(), &at(&made, "")).await.expect(200);
            let keys =
                ["id", "lead_id", "session_key", "channel", "status", "created_at", "updated_at", "messages", "lead"];
            has_keys(&single, &keys);
            has_keys(&single["lead"], &["id", "name"]);
            has_keys(&single["messages"][0], &MESSAGE);
        }),
        row("get.messages", |w| async move {
            let made = open(&w, json!({})).await;
            for number in 0..205 {
                let _ = say(&w, &made["id"], json!({ "body": number.to_string() })).await;
            }
            let answer = get(&w.server_key(), &at(&made, "")).await;
            assert_eq!(answer.header("x-has-more"), None);
            let messages = answer.expect(200)["messages"].as_array().expect("messages").clone();
            let contents: Vec<_> = messages.iter().map(|one| one["content"].as_str().expect("text")).collect();
            assert_eq!(contents, (0..205).map(|number| number.to_string()).collect::<Vec<_>>());
        }),
        row("update.route", |w| async move {
            let made = example(&w).await;
            let updated = w.server_key().patch(&at(&made, ""), &json!({ "status": "completed" })).await.expect(200);
            has_keys(&updated, &CONVERSATION);
            assert_eq!(updated, listed(&w, &made).await);
        }),
        updates("update.status.active", "active", json!({ "status": "open", "escalated": false })),
        updates("update.status.completed", "completed", json!({ "status": "solved", "resolution": "completed" })),
        updates("update.status.escalated", "escalated", json!({ "escalated": true, "resolution": null })),
        updates("update.status.abandoned", "abandoned", json!({ "status": "solved", "resolution": "abandoned" })),
        row("update.status.same", |w| async move {
            let made = open(&w, json!({ "status": "solved", "resolution": "closed" })).await;
            let _ = w.server_key().patch(&at(&made, ""), &json!({ "status": "completed" })).await.expect(200);
            assert_eq!(ours(&w, &made["id"]).await, made);
        }),
        row("update.other", |w| async move {
            let made = example(&w).await;
            let role = w.server_key();
            let wrong = role.patch(&at(&made, ""), &json!({ "status": "closed" })).await;
            assert_detail(wrong, 400, "`status` must be one of active, completed, escalated, abandoned");
            assert_detail(
                role.patch(&at(&made, ""), &json!({ "channel": "web" })).await,
                400,
                "Unknown field `channel`",
            );
            assert_detail(role.patch(&at(&made, ""), &json!({})).await, 400, "at least one field");
            assert_detail(role.patch(&at(&made, ""), &json!({ "status": null })).await, 400, "`status`");
        }),
        row("interop", |w| async move {
            let made = example(&w).await;
            let _ = w.server_key().patch(&at(&made, ""), &json!({ "status": "escalated" })).await.expect(200);
            assert_eq!(ours(&w, &made["id"]).await["escalated"], true);
            // A person answers through our own API.
            let answer = json!({ "role": "assistant", "body": "A person here", "sender": { "name": "Sam" } });
            let _ = say(&w, &made["id"], answer).await;
            let single = get(&w.server_key(), &at(&made, "")).await.expect(200);
            assert_eq!(
                (&single["status"], &single["messages"][2]["content"]),
                (&json!("escalated"), &json!("A person here"))
            );
            assert_eq!(listed(&w, &made).await["message_count"], 3);
            assert_eq!(get(&w.server_key(), LIST).await.expect(200)["total"], 1);
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [fields(), operations()].into_iter().flatten().collect()
}
