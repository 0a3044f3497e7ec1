use deskless_domain::Scope;
use deskless_tests::{KeyOptions, World};
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    CONVERSATIONS, Row, at, delete, finds, found, make, member, newest_first, now, open, pages, patch, row, say,
    several, shows, with,
};

/// Creates a conversation with an inbox, a customer and an assignee.
async fn example(w: &World) -> Value {
    let inbox = make(w, "inboxes", "inbox", json!({ "name": "Support", "channel": "email" })).await;
    let agent = member(w, "Grace").await;
    let customer = make(w, "customers", "customer", json!({ "name": "Ada", "email": "ada@example.com" })).await;
    let fields = json!({
        "subject": "Help", "channel": "email", "source": "email", "priority": "medium",
        "inboxId": inbox["id"], "assigneeId": agent["id"], "customer": { "id": customer["id"] },
    });
    open(w, fields).await
}

fn shown(id: &'static str, pointer: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let opened = example(&w).await;
            let read = now(&w, &opened).await;
            assert_eq!(read.pointer(pointer), Some(&wanted), "{read:#}");
        }
    })
}

const PRIORITIES: [[&str; 5]; 4] = [
    ["low", "list.priority.low", "get.priority.low", "create.priority.low", "update.priority.low"],
    ["medium", "list.priority.medium", "get.priority.medium", "create.priority.medium", "update.priority.medium"],
    ["high", "list.priority.high", "get.priority.high", "create.priority.high", "update.priority.high"],
    ["urgent", "list.priority.urgent", "get.priority.urgent", "create.priority.urgent", "update.priority.urgent"],
];

/// The states: their name, the equivalent here and the query that finds it.
const STATES: [(&str, &str, &str, [&str; 3]); 3] = [
    ("open", r#"{"status":"open"}"#, "status=open", ["list.status.open", "get.status.open", "update.status.open"]),
    (
        "closed",
        r#"{"status":"solved","resolution":"closed"}"#,
        "status=solved&resolution=closed",
        ["list.status.closed", "get.status.closed", "update.status.closed"],
    ),
    (
        "pending",
        r#"{"status":"waiting"}"#,
        "status=waiting",
        ["list.status.pending", "get.status.pending", "update.status.pending"],
    ),
];

fn fields(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn vocabularies() -> Vec<Row> {
    let mut rows = Vec::new();
    for (state, here, query, [list, get, update]) in STATES {
        rows.push(row(list, move |w| async move {
            let mut opened = Vec::new();
            for (other, here, ..) in STATES {
                opened.push((other, open(&w, fields(here)).await));
            }
            let (wanted, others): (Vec<_>, Vec<_>) = opened.iter().partition(|(other, _)| *other == state);
            finds(&w, query, &wanted[0].1, &others.iter().map(|(_, one)| one).collect::<Vec<_>>()).await;
        }));
        rows.push(row(get, move |w| async move {
            let opened = open(&w, fields(here)).await;
            let read = now(&w, &opened).await;
            for (field, value) in fields(here).as_object().expect("fields") {
                assert_eq!(read[field], *value);
            }
        }));
        rows.push(row(update, move |w| async move {
            let start = if state == "open" { json!({ "status": "waiting" }) } else { json!({}) };
            let opened = open(&w, start).await;
            let changed = patch(&w, &opened, fields(here)).await;
            for (field, value) in fields(here).as_object().expect("fields") {
                assert_eq!(changed[field], *value);
            }
            // Without a resolution, the status alone finds it.
            finds(&w, query, &opened, &[]).await;
        }));
    }
    for [priority, list, get, create, update] in PRIORITIES {
        rows.push(row(list, move |w| async move {
            let wanted = open(&w, json!({ "priority": priority })).await;
            let other = open(&w, json!({ "priority": "other" })).await;
            finds(&w, &format!("priority={priority}"), &wanted, &[&other]).await;
        }));
        rows.push(shows(get, json!({ "priority": priority }), "/priority", json!(priority)));
        rows.push(shows(create, json!({ "priority": priority }), "/priority", json!(priority)));
        rows.push(row(update, move |w| async move {
            let opened = open(&w, json!({ "priority": "other" })).await;
            assert_eq!(patch(&w, &opened, json!({ "priority": priority })).await["priority"], priority);
        }));
    }
    for (get, create, here) in [
        ("get.channel.email", "create.channel.email", "email"),
        ("get.channel.chat", "create.channel.chat", "live-chat"),
        ("get.channel.phone", "create.channel.phone", "voice"),
        ("get.channel.whatsapp", "create.channel.whatsapp", "whatsapp"),
    ] {
        rows.push(shows(get, json!({ "channel": here }), "/channel", json!(here)));
        rows.push(shows(create, json!({ "channel": here }), "/channel", json!(here)));
    }
    for (id, source) in [
        ("get.source.widget", "widget"),
        ("get.source.phone", "phone"),
        ("get.source.api", "api"),
        ("get.source.email", "email"),
    ] {
        rows.push(shows(id, json!({ "source": source }), "/source", json!(source)));
    }
    rows
}

fn list() -> Vec<Row> {
    vec![
        row("list.route", |w| async move {
            let opened = example(&w).await;
            let list = w.server_key().get(CONVERSATIONS).await.expect(200);
            assert_eq!(list["conversations"], json!([opened]));
        }),
        row("list.assignedTo", |w| async move {
            let wanted = example(&w).await;
            let other = open(&w, json!({})).await;
            finds(&w, &format!("assigneeId={}", wanted["assigneeId"].as_str().expect("text")), &wanted, &[&other])
                .await;
            finds(&w, "assigneeId=none", &other, &[&wanted]).await;
        }),
        row("list.inboxId", |w| async move {
            let wanted = example(&w).await;
            let other = open(&w, json!({})).await;
            finds(&w, &format!("inboxId={}", wanted["inboxId"].as_str().expect("text")), &wanted, &[&other]).await;
        }),
        row("list.customerId", |w| async move {
            let wanted = example(&w).await;
            let other = open(&w, json!({})).await;
            let id = wanted["customer"]["id"].as_str().expect("text");
            finds(&w, &format!("customerId={id}"), &wanted, &[&other]).await;
        }),
        row("list.page", |w| async move {
            let opened = several(&w, 5, json!({})).await;
            let wanted = newest_first(&opened);
            let pages = pages(&w, CONVERSATIONS, "conversations", 2).await;
            assert_eq!(pages, wanted.chunks(2).map(<[Value]>::to_vec).collect::<Vec<_>>());
        }),
        row("list.limit", |w| async move {
            let _ = several(&w, 51, json!({})).await;
            assert_eq!((found(&w, "limit=50").await.len(), found(&w, "limit=100").await.len()), (50, 51));
            let _ = w.server_key().get(&format!("{CONVERSATIONS}?limit=101")).await.expect_invalid(&["limit"]);
        }),
        row("list.success", |w| async move {
            assert!(w.server_key().get(CONVERSATIONS).await.status.is_success());
            let _ = w.server_key().get(&format!("{CONVERSATIONS}?stauts=open")).await.expect_invalid(&["stauts"]);
        }),
        row("list.data", |w| async move {
            let opened = several(&w, 2, json!({})).await;
            assert_eq!(found(&w, "").await, newest_first(&opened));
        }),
        row("list.pagination.total", |w| async move {
            let _ = several(&w, 3, json!({})).await;
            let _ = w.drain_events().await;
            let counts = w.server_key().get(&format!("{CONVERSATIONS}/counts")).await.expect(200);
            assert_eq!(counts["counts"]["total"], 3);
        }),
        row("list.pagination.total.filter", |w| async move {
            let _ = several(&w, 3, json!({ "channel": "whatsapp", "priority": "high" })).await;
            let _ = open(&w, json!({ "channel": "whatsapp" })).await;
            let filter = json!({ "channel": "whatsapp", "priority": "high" });
            let body = json!({ "action": "update_status", "status": "open", "filter": filter, "dryRun": true });
            let counted = w.server_key().post("/api/v1/bulk-actions", &body).await.expect(200)["bulkAction"].clone();
            assert_eq!((&counted["matchedCount"], &counted["exact"]), (&json!(3), &json!(true)));
        }),
        row("list.pagination.page", |w| async move {
            let _ = several(&w, 3, json!({})).await;
            let first = w.server_key().get(&format!("{CONVERSATIONS}?limit=2")).await.expect(200);
            assert_eq!(first["hasMore"], true);
            let path = format!("{CONVERSATIONS}?limit=2&cursor={}", first["nextCursor"].as_str().expect("a cursor"));
            let second = w.server_key().get(&path).await.expect(200);
            assert_eq!((&second["hasMore"], &second["nextCursor"]), (&json!(false), &Value::Null));
        }),
        row("list.pagination.limit", |w| async move {
            let _ = several(&w, 3, json!({})).await;
            assert_eq!(found(&w, "limit=2").await.len(), 2);
        }),
        row("list.pagination.totalPages", |w| async move {
            let _ = several(&w, 5, json!({})).await;
            let _ = w.drain_events().await;
            let counts = w.server_key().get(&format!("{CONVERSATIONS}/counts")).await.expect(200);
            let total = counts["counts"]["total"].as_u64().expect("a number").div_ceil(2);
            assert_eq!(pages(&w, CONVERSATIONS, "conversations", 2).await.len(), usize::try_from(total).expect("few"));
        }),
    ]
}

fn get_and_create() -> Vec<Row> {
    vec![
        row("get.route", |w| async move {
            let opened = example(&w).await;
            let _ = w.server_key().get(&at(&opened)).await.expect(200);
        }),
        row("get.success", |w| async move {
            let opened = example(&w).await;
            assert!(w.server_key().get(&at(&opened)).await.status.is_success());
            let unknown = format!("{CONVERSATIONS}/01900000-0000-7000-8000-000000000001");
            let _ = w.server_key().get(&unknown).await.expect_problem(404, "not_found");
        }),
        row("get._id", |w| async move {
            let opened = example(&w).await;
            assert_eq!(now(&w, &opened).await["id"], opened["id"]);
        }),
        shown("get.subject", "/subject", json!("Help")),
        row("get.customerId", |w| async move {
            let opened = example(&w).await;
            let customer = now(&w, &opened).await["customer"].clone();
            assert_eq!((&customer["name"], &customer["email"]), (&json!("Ada"), &json!("ada@example.com")));
        }),
        row("get.assignedTo", |w| async move {
            let opened = example(&w).await;
            let wanted = json!({ "id": opened["assigneeId"], "name": "Grace" });
            assert_eq!(now(&w, &opened).await["assignee"], wanted);
        }),
        row("create.route", |w| async move {
            let _ = example(&w).await;
        }),
        row("create.subject", |w| async move {
            let body = json!({ "customer": { "id": "c" } });
            let _ = w.server_key().post(CONVERSATIONS, &body).await.expect_invalid(&["subject"]);
        }),
        row("create.inboxId", |w| async move {
            let opened = example(&w).await;
            assert_eq!(opened["inbox"], json!({ "id": opened["inboxId"], "name": "Support" }));
            let unknown = with(json!({ "inboxId": "01900000-0000-7000-8000-000000000001" }));
            let _ = w.server_key().post(CONVERSATIONS, &unknown).await.expect_invalid(&["inboxId"]);
        }),
        row("create.customerId", |w| async move {
            let ada = make(&w, "customers", "customer", json!({ "name": "Ada" })).await;
            assert_eq!(open(&w, json!({ "customer": { "id": ada["id"] } })).await["customer"]["name"], "Ada");
        }),
        row("create.customerId.omitted", |w| async move {
            let nobody = make(&w, "customers", "customer", json!({})).await;
            assert_eq!(open(&w, json!({ "customer": { "id": nobody["id"] } })).await["customer"]["id"], nobody["id"]);
        }),
        shows("create.channel.default", json!({ "channel": "email" }), "/channel", json!("email")),
        shows("create.priority.default", json!({}), "/priority", json!("medium")),
        row("create.success", |w| async move {
            assert_eq!(w.server_key().post(CONVERSATIONS, &with(json!({}))).await.status.as_u16(), 201);
        }),
        row("create.data", |w| async move {
            let opened = example(&w).await;
            assert_eq!(now(&w, &opened).await, opened);
        }),
    ]
}

fn update_and_delete() -> Vec<Row> {
    vec![
        row("update.route", |w| async move {
            let opened = example(&w).await;
            let _ = patch(&w, &opened, json!({ "subject": "Another" })).await;
        }),
        row("update.subject", |w| async move {
            let opened = example(&w).await;
            assert_eq!(patch(&w, &opened, json!({ "subject": "Another" })).await["subject"], "Another");
        }),
        row("update.assignedTo", |w| async move {
            let opened = example(&w).await;
            let other = member(&w, "Alan").await;
            let changed = patch(&w, &opened, json!({ "assigneeId": other["id"] })).await;
            assert_eq!(changed["assignee"]["name"], "Alan");
        }),
        row("update.assignedTo.null", |w| async move {
            let opened = example(&w).await;
            let changed = patch(&w, &opened, json!({ "assigneeId": null })).await;
            assert_eq!((&changed["assigneeId"], &changed["assignee"]), (&Value::Null, &Value::Null));
            finds(&w, "assigneeId=none", &opened, &[]).await;
        }),
        row("update.success", |w| async move {
            let opened = example(&w).await;
            assert!(w.server_key().patch(&at(&opened), &json!({ "subject": "b" })).await.status.is_success());
            let _ = w.server_key().patch(&at(&opened), &json!({ "subject": "" })).await.expect_invalid(&["subject"]);
        }),
        row("update.data", |w| async move {
            let opened = example(&w).await;
            let changed = patch(&w, &opened, json!({ "subject": "Another" })).await;
            assert_eq!(now(&w, &opened).await, changed);
        }),
        row("delete.route", |w| async move {
            let opened = example(&w).await;
            delete(&w, &at(&opened)).await;
            let _ = w.server_key().get(&at(&opened)).await.expect_problem(404, "not_found");
        }),
        row("delete.reason", |w| async move {
            let opened = example(&w).await;
            let ask = w.server_key().ask(Method::DELETE, &at(&opened)).json(&json!({ "reason": "Asked for it" }));
            let _ = ask.send().await.expect(204);
            // The audit entry keeps the number and the time for 90 days.
            let rows = w.rows().await;
            assert!(rows.iter().any(|row| row.pk().ends_with("#L") && row.get("reason") == Some("Asked for it")));
        }),
        row("delete.success", |w| async move {
            let opened = example(&w).await;
            let answer = w.server_key().ask(Method::DELETE, &at(&opened)).send().await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
        }),
        row("delete.message", |w| async move {
            let opened = example(&w).await;
            delete(&w, &at(&opened)).await;
            // The error responses carry the information.
            let again = w.server_key().ask(Method::DELETE, &at(&opened)).send().await;
            assert!(again.expect_problem(404, "not_found")["error"].as_str().is_some_and(|text| !text.is_empty()));
        }),
        row("delete.for-good", |w| async move {
            let opened = example(&w).await;
            let said = say(&w, &opened, json!({ "body": "Hi" })).await;
            delete(&w, &at(&opened)).await;
            let message = format!("{}/messages/{}", at(&opened), said["id"].as_str().expect("text"));
            let _ = w.server_key().get(&message).await.expect_problem(404, "not_found");
            assert_eq!(found(&w, "").await, Vec::<Value>::new());
            let _ = w.drain_events().await;
            let id = opened["id"].as_str().expect("text");
            let pk = w.pk("C", id);
            // Only its counted state is kept for some days. It names neither the customer nor the content.
            assert!(w.rows().await.iter().all(|row| row.pk() != pk || row.sk() == "Z"));
        }),
    ]
}

/// Creates a key with one scope and returns the status of a GET, a POST, a PATCH and a DELETE with it.
async fn may(w: &World, scope: Scope, opened: &Value) -> [u16; 4] {
    let key = w.make_key(KeyOptions { scopes: vec![scope], ..KeyOptions::default() }).await;
    let key = w.with_key(&key);
    let change = json!({ "priority": "high" });
    let answers = [
        key.get(&at(opened)).await,
        key.post(CONVERSATIONS, &with(json!({}))).await,
        key.patch(&at(opened), &change).await,
        key.ask(Method::DELETE, &at(opened)).send().await,
    ];
    answers.map(|answer| answer.status.as_u16())
}

fn permissions() -> Vec<Row> {
    vec![
        row("permission.read:conversations", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(may(&w, Scope::ReadConversations, &opened).await, [200, 403, 403, 403]);
        }),
        row("permission.write:conversations", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(may(&w, Scope::WriteConversations, &opened).await, [403, 204, 204, 204]);
        }),
    ]
}

/// Returns every row.
pub fn rows() -> Vec<Row> {
    [list(), vocabularies(), get_and_create(), update_and_delete(), permissions()].into_iter().flatten().collect()
}
