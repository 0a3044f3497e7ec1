use http::Method;
use serde_json::{Value, json};

use super::{CONVERSATION, CREATE, LIST, assert_detail, at, create, example, get, visitor};
use crate::rows::{Row, has_keys, open, ours, row};

/// A conversation that is created with this field has this value at this pointer, also in our own API.
fn shows(id: &'static str, fields: Value, pointer: &'static str, here: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let (fields, wanted) = (fields.clone(), wanted.clone());
        async move {
            let mut body = fields;
            body["subject"] = json!("Help");
            let made = create(&w.server_key(), body).await;
            assert_eq!(made.pointer(pointer), Some(&wanted), "{made:#}");
            assert_eq!(ours(&w, &made["id"]).await.pointer(here), Some(&wanted));
        }
    })
}

fn responds(id: &'static str, pointer: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let made = example(&w).await;
            assert_eq!(made.pointer(pointer), Some(&wanted), "{made:#}");
            assert_eq!(get(&w.server_key(), &at(&made, "")).await.expect(200), made);
        }
    })
}

fn requesters() -> Vec<Row> {
    vec![
        row("create.route", |w| async move {
            let made = example(&w).await;
            assert_eq!(get(&w.server_key(), LIST).await.expect(200)["results"], json!([made]));
        }),
        row("create.key.server", |w| async move {
            let _ = create(&w.server_key(), json!({ "subject": "Help" })).await;
        }),
        row("create.key.client", |w| async move {
            let (browser, made) = visitor(&w).await;
            has_keys(&made, &CONVERSATION);
            assert_eq!(made["channel"], "web");
            // The requester is whom the visitor says, but no customer is found or updated by an unverified address.
            assert_eq!(
                made["requester"],
                json!({ "email": "jane@example.com", "first_name": "Jane", "last_name": null })
            );
            assert_eq!(ours(&w, &made["id"]).await["customer"]["identitySource"], "anonymous");
            let list = get(&browser, LIST).await.expect(200);
            assert_eq!(list["results"][0]["id"], made["id"]);
        }),
        row("create.lookup", |w| async move {
            let first = example(&w).await;
            let body = json!({ "subject": "Again", "user_email": "Customer@Example.com", "user_first_name": "Other" });
            let second = create(&w.server_key(), body).await;
            assert_eq!(second["requester"], first["requester"]);
            let customer = |made: Value| async move { made["customer"]["id"].clone() };
            let (a, b) = (ours(&w, &first["id"]).await, ours(&w, &second["id"]).await);
            assert_eq!(customer(a).await, customer(b).await);
        }),
        row("create.lookup.created", |w| async move {
            let made = create(&w.server_key(), json!({ "subject": "Help", "user_email": "new@example.com" })).await;
            let customers = w.server_key().get("/api/v1/customers?email=new@example.com").await.expect(200);
            assert_eq!(customers["customers"][0]["id"], ours(&w, &made["id"]).await["customer"]["id"]);
        }),
        row("create.user_email", |w| async move {
            assert_eq!(example(&w).await["requester"]["email"], "customer@example.com");
            let wrong = w.server_key().post(CREATE, &json!({ "subject": "Help", "user_email": "x" })).await;
            assert_detail(wrong, 400, "`user_email`");
        }),
        row("create.user_email.omitted", |w| async move {
            let made = create(&w.server_key(), json!({ "subject": "Help" })).await;
            assert_eq!(made["requester"], json!({ "email": null, "first_name": null, "last_name": null }));
            let second = create(&w.server_key(), json!({ "subject": "Help" })).await;
            let (a, b) = (ours(&w, &made["id"]).await, ours(&w, &second["id"]).await);
            assert_ne!(a["customer"]["id"], b["customer"]["id"]);
        }),
        row("create.description", |w| async move {
            let made = create(&w.server_key(), json!({ "subject": "Help", "description": "My order is late." })).await;
            let messages = get(&w.server_key(), &at(&made, "messages/")).await.expect(200);
            assert_eq!((&messages["count"], &messages["results"][0]["body"]), (&json!(1), &json!("My order is late.")));
            assert_eq!(ours(&w, &made["id"]).await["awaitingReply"], true);
        }),
        shows(
            "create.user_first_name",
            json!({ "user_first_name": "Jane" }),
            "/requester/first_name",
            "/customer/name",
            json!("Jane"),
        ),
        row("create.user_last_name", |w| async move {
            let body = json!({ "subject": "Help", "user_first_name": "Jane", "user_last_name": "van Doe" });
            let made = create(&w.server_key(), body).await;
            assert_eq!(made["requester"]["last_name"], "van Doe");
            assert_eq!(ours(&w, &made["id"]).await["customer"]["name"], "Jane van Doe");
        }),
    ]
}

fn fields() -> Vec<Row> {
    let mut rows = vec![
        row("create.subject", |w| async move {
            let longest = "x".repeat(500);
            assert_eq!(create(&w.server_key(), json!({ "subject": longest })).await["subject"], longest);
            let long = w.server_key().post(CREATE, &json!({ "subject": "x".repeat(501) })).await;
            assert_detail(long, 400, "`subject`");
            assert_detail(w.server_key().post(CREATE, &json!({})).await, 400, "`subject` is required");
        }),
        shows("create.priority.default", json!({}), "/priority", "/priority", json!("normal")),
        shows(
            "create.metadata",
            json!({ "metadata": { "phone": "+1", "at": [9, 17] } }),
            "/metadata",
            "/metadata",
            json!({ "phone": "+1", "at": [9, 17] }),
        ),
        row("create.priority.other", |w| async move {
            let wrong = w.server_key().post(CREATE, &json!({ "subject": "Help", "priority": "medium" })).await;
            assert_detail(wrong, 400, "`priority` must be one of low, normal, high, urgent");
        }),
        row("create.channel.email", |w| async move {
            let body = json!({ "subject": "Help", "channel": "email" });
            assert_eq!(create(&w.server_key(), body.clone()).await["channel"], "email");
            assert_detail(w.client_key().post(CREATE, &body).await, 403, "client key");
            let wrong = w.server_key().post(CREATE, &json!({ "subject": "Help", "channel": "fax" })).await;
            assert_detail(wrong, 400, "`channel` must be one of web, email, api, callback");
        }),
        shows("create.channel.default", json!({}), "/channel", "/channel", json!("api")),
        row("create.unknown", |w| async move {
            let wrong = w.server_key().post(CREATE, &json!({ "subject": "Help", "user_mail": "a@b.c" })).await;
            assert_detail(wrong, 400, "Did you mean `user_email`?");
        }),
        row("create.idempotency", |w| async move {
            let body = json!({ "subject": "Help", "user_email": "a@example.com" });
            let ask = || {
                let role = w.server_key();
                role.ask(Method::POST, CREATE).header("idempotency-key", "once").json(&body)
            };
            let first = ask().send().await;
            let second = ask().send().await;
            assert_eq!(second.header("idempotent-replayed"), Some("true"));
            assert_eq!(first.expect(201), second.expect(201));
            assert_eq!(get(&w.server_key(), LIST).await.expect(200)["count"], 1);
        }),
    ];
    for (id, value) in [
        ("create.priority.low", "low"),
        ("create.priority.normal", "normal"),
        ("create.priority.high", "high"),
        ("create.priority.urgent", "urgent"),
    ] {
        rows.push(shows(id, json!({ "priority": value }), "/priority", "/priority", json!(value)));
    }
    for (id, value) in
        [("create.channel.web", "web"), ("create.channel.api", "api"), ("create.channel.callback", "callback")]
    {
        rows.push(shows(id, json!({ "channel": value }), "/channel", "/channel", json!(value)));
    }
    rows
}

fn response() -> Vec<Row> {
    vec![
        row("response.example", |w| async move {
            let made = example(&w).await;
            has_keys(&made, &CONVERSATION);
            has_keys(&made["requester"], &["email", "first_name", "last_name"]);
        }),
        row("response.id", |w| async move {
            let made = example(&w).await;
            assert_eq!(ours(&w, &made["id"]).await["id"], made["id"]);
        }),
        row("response.number", |w| async move {
            let (first, second) = (example(&w).await, example(&w).await);
            assert!(first["number"].as_u64().expect("a number") < second["number"].as_u64().expect("a number"));
        }),
        responds("response.subject", "/subject", json!("Help with order #1234")),
        responds("response.status", "/status", json!("open")),
        row("response.priority", |w| async move {
            for (priority, shown) in [("medium", "normal"), ("vip", "vip")] {
                let made = open(&w, json!({ "priority": priority })).await;
                assert_eq!(get(&w.server_key(), &at(&made, "")).await.expect(200)["priority"], shown);
            }
        }),
        responds("response.channel", "/channel", json!("web")),
        responds("response.metadata", "/metadata", json!({})),
        responds("response.requester.email", "/requester/email", json!("customer@example.com")),
        responds("response.requester.first_name", "/requester/first_name", json!("Jane")),
        responds("response.requester.last_name", "/requester/last_name", json!("Doe")),
        row("response.created_at", |w| async move {
            let made = example(&w).await;
            assert_eq!(made["created_at"], ours(&w, &made["id"]).await["createdAt"]);
        }),
        row("response.updated_at", |w| async move {
            let made = example(&w).await;
            crate::rows::update(&w, &made["id"], json!({ "priority": "high" })).await;
            let now = get(&w.server_key(), &at(&made, "")).await.expect(200);
            assert!(now["updated_at"].as_str() > made["updated_at"].as_str());
            assert_eq!(now["updated_at"], ours(&w, &made["id"]).await["updatedAt"]);
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [requesters(), fields(), response()].into_iter().flatten().collect()
}
