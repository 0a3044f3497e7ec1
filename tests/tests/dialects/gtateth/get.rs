use serde_json::{Value, json};

use super::{KEYS, at, create, data, get};
use crate::rows::{Row, has_keys, make, member, open, row, say, update};

/// A conversation of our own API with these fields shows this value.
fn shows(id: &'static str, fields: Value, field: &'static str, wanted: &'static str) -> Row {
    row(id, move |w| {
        let fields = fields.clone();
        async move {
            let made = open(&w, fields).await;
            assert_eq!(data(get(&w.server_key(), &at(&made)).await, 200)[field], wanted);
        }
    })
}

fn values() -> Vec<Row> {
    vec![
        shows("get.subject", json!({ "subject": "Late order" }), "subject", "Late order"),
        shows("get.status.open", json!({ "status": "open" }), "status", "open"),
        shows("get.status.closed", json!({ "status": "solved", "resolution": "abandoned" }), "status", "closed"),
        shows("get.status.pending", json!({ "status": "waiting" }), "status", "pending"),
        shows("get.priority.low", json!({ "priority": "low" }), "priority", "low"),
        shows("get.priority.medium", json!({ "priority": "normal" }), "priority", "medium"),
        shows("get.priority.high", json!({ "priority": "high" }), "priority", "high"),
        shows("get.priority.urgent", json!({ "priority": "urgent" }), "priority", "urgent"),
        shows("get.channel.email", json!({ "channel": "email" }), "channel", "email"),
        shows("get.channel.chat", json!({ "channel": "live-chat" }), "channel", "chat"),
        shows("get.channel.phone", json!({ "channel": "voice" }), "channel", "phone"),
        shows("get.channel.whatsapp", json!({ "channel": "whatsapp" }), "channel", "whatsapp"),
        shows("get.channel.other", json!({ "channel": "telegram" }), "channel", "telegram"),
        shows("get.source.widget", json!({ "source": "widget" }), "source", "widget"),
        shows("get.source.phone", json!({ "source": "phone" }), "source", "phone"),
        shows("get.source.api", json!({ "source": "api" }), "source", "api"),
        shows("get.source.email", json!({ "source": "email" }), "source", "email"),
    ]
}

pub fn rows() -> Vec<Row> {
    let mut rows = values();
    rows.extend([
        row("get.route", |w| async move {
            let made = create(&w, json!({})).await;
            assert_eq!(data(get(&w.server_key(), &at(&made)).await, 200), made);
        }),
        row("get.success", |w| async move {
            let made = create(&w, json!({})).await;
            assert_eq!(get(&w.server_key(), &at(&made)).await.expect(200)["success"], true);
        }),
        row("get._id", |w| async move {
            let made = open(&w, json!({})).await;
            assert_eq!(data(get(&w.server_key(), &at(&made)).await, 200)["_id"], made["id"]);
        }),
        row("get.customerId", |w| async move {
            let customer = json!({ "id": "cus_1", "name": "Ada", "email": "ada@example.com" });
            let made = open(&w, json!({ "customer": customer })).await;
            let shown = data(get(&w.server_key(), &at(&made)).await, 200)["customerId"].clone();
            let wanted = json!({
                "_id": "cus_1", "name": "Ada", "email": "ada@example.com", "phone": null, "company": null,
            });
            assert_eq!(shown, wanted);
        }),
        row("get.assignedTo", |w| async move {
            let agent = member(&w, "agent").await;
            let made = open(&w, json!({ "assigneeId": agent["id"] })).await;
            let shown = data(get(&w.server_key(), &at(&made)).await, 200);
            assert_eq!(shown["assignedTo"], json!({ "_id": agent["id"], "name": "agent" }));
            let free = open(&w, json!({})).await;
            assert_eq!(data(get(&w.server_key(), &at(&free)).await, 200)["assignedTo"], Value::Null);
        }),
        row("get.keys", |w| async move {
            let made = create(&w, json!({})).await;
            has_keys(&made, &KEYS);
            has_keys(&data(get(&w.server_key(), &at(&made)).await, 200), &KEYS);
        }),
        row("interop", |w| async move {
            let customer = make(&w, "customers", "customer", json!({ "name": "Ada" })).await;
            let made = create(&w, json!({ "customerId": customer["id"], "channel": "chat" })).await;
            let here = crate::rows::ours(&w, &made["_id"]).await;
            assert_eq!((&here["channel"], &here["customer"]["name"]), (&json!("live-chat"), &json!("Ada")));
            // A person works on it through our own API.
            update(&w, &made["_id"], json!({ "status": "solved", "priority": "high" })).await;
            let shown = data(get(&w.server_key(), &at(&made)).await, 200);
            assert_eq!((&shown["status"], &shown["priority"]), (&json!("closed"), &json!("high")));
            let _ = say(&w, &made["_id"], json!({ "body": "One more question" })).await;
            assert_eq!(data(get(&w.server_key(), &at(&made)).await, 200)["status"], "open");
        }),
    ]);
    rows
}
