use http::Method;
use serde_json::{Value, json};

use super::{LIST, assert_error, create, get, inbox};
use crate::rows::{Row, make, ours, row};

/// A conversation that is created with these fields shows this value, and our own API that one.
fn shows(id: &'static str, fields: Value, field: &'static str, there: &'static str, here: &'static str) -> Row {
    row(id, move |w| {
        let fields = fields.clone();
        async move {
            let made = create(&w, fields).await;
            assert_eq!((&made[field], &ours(&w, &made["_id"]).await[field]), (&json!(there), &json!(here)));
        }
    })
}

fn refuses(id: &'static str, fields: Value, text: &'static str) -> Row {
    row(id, move |w| {
        let mut body = fields.clone();
        async move {
            body["subject"] = json!("Help");
            body["inboxId"] = inbox(&w).await;
            assert_error(w.server_key().post(LIST, &body).await, 400, "INVALID_REQUEST", text);
        }
    })
}

pub fn rows() -> Vec<Row> {
    vec![
        row("create.route", |w| async move {
            let made = create(&w, json!({})).await;
            assert_eq!(get(&w.server_key(), LIST).await.expect(200)["data"], json!([made]));
        }),
        row("create.subject", |w| async move {
            let body = json!({ "inboxId": inbox(&w).await });
            assert_error(w.server_key().post(LIST, &body).await, 400, "INVALID_REQUEST", "`subject` is required");
        }),
        row("create.inboxId", |w| async move {
            let missing = w.server_key().post(LIST, &json!({ "subject": "Help" })).await;
            assert_error(missing, 400, "INVALID_REQUEST", "`inboxId` is required");
            let unknown = json!({ "subject": "Help", "inboxId": "01979f2e-0000-7000-8000-000000000000" });
            let unknown = w.server_key().post(LIST, &unknown).await;
            assert_error(unknown, 400, "INVALID_REQUEST", "`inboxId` must be the id of an existing inbox");
            let made = create(&w, json!({})).await;
            assert_eq!(ours(&w, &made["_id"]).await["inboxId"], made["inboxId"]);
        }),
        row("create.customerId", |w| async move {
            let customer = make(&w, "customers", "customer", json!({ "name": "Ada" })).await;
            let made = create(&w, json!({ "customerId": customer["id"] })).await;
            assert_eq!((&made["customerId"]["_id"], &made["customerId"]["name"]), (&customer["id"], &json!("Ada")));
            let body = json!({ "subject": "Help", "inboxId": inbox(&w).await, "customerId": "nobody" });
            let unknown = w.server_key().post(LIST, &body).await;
            assert_error(unknown, 400, "INVALID_REQUEST", "`customerId` must be the id of an existing customer");
        }),
        row("create.customerId.omitted", |w| async move {
            let (first, second) = (create(&w, json!({})).await, create(&w, json!({})).await);
            assert_eq!(first["customerId"]["name"], Value::Null);
            assert_ne!(first["customerId"]["_id"], second["customerId"]["_id"]);
            let path = format!("/api/v1/customers/{}", first["customerId"]["_id"].as_str().expect("an id"));
            let _ = w.server_key().get(&path).await.expect(200);
        }),
        shows("create.channel.email", json!({ "channel": "email" }), "channel", "email", "email"),
        shows("create.channel.chat", json!({ "channel": "chat" }), "channel", "chat", "live-chat"),
        shows("create.channel.phone", json!({ "channel": "phone" }), "channel", "phone", "voice"),
        shows("create.channel.whatsapp", json!({ "channel": "whatsapp" }), "channel", "whatsapp", "whatsapp"),
        shows("create.channel.default", json!({}), "channel", "email", "email"),
        refuses(
            "create.channel.other",
            json!({ "channel": "sms" }),
            "`channel` must be one of email, chat, phone, whatsapp",
        ),
        shows("create.priority.low", json!({ "priority": "low" }), "priority", "low", "low"),
        shows("create.priority.medium", json!({ "priority": "medium" }), "priority", "medium", "medium"),
        shows("create.priority.high", json!({ "priority": "high" }), "priority", "high", "high"),
        shows("create.priority.urgent", json!({ "priority": "urgent" }), "priority", "urgent", "urgent"),
        shows("create.priority.default", json!({}), "priority", "medium", "medium"),
        refuses(
            "create.priority.other",
            json!({ "priority": "normal" }),
            "`priority` must be one of low, medium, high, urgent",
        ),
        row("create.idempotency", |w| async move {
            let body = json!({ "subject": "Help", "inboxId": inbox(&w).await });
            let ask = || w.server_key().ask(Method::POST, LIST).header("idempotency-key", "once").json(&body);
            let (first, second) = (ask().send().await, ask().send().await);
            assert_eq!(second.header("idempotent-replayed"), Some("true"));
            assert_eq!(first.expect(201), second.expect(201));
            assert_eq!(get(&w.server_key(), LIST).await.expect(200)["pagination"]["total"], 1);
        }),
    ]
}
