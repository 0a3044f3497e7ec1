use deskless_tests::World;
use serde_json::{Value, json};

use crate::support::{
    CONVERSATIONS, Row, at, finds, found, newest_first, now, open, pages, patch, row, say, several, shows, thread,
};

/// Creates the documented example: a WhatsApp thread with its messages.
async fn example(w: &World) -> Value {
    let fields = json!({
        "subject": "Booking", "channel": "whatsapp", "sessionKey": "whatsapp_+49123456789",
        "customer": { "id": "550e8400-e29b-41d4-a716-446655440000", "name": "Jane Smith", "email": "jane@example.com" },
    });
    let opened = open(w, fields).await;
    let _ = say(w, &opened, json!({ "body": "Hi, I'd like to book a haircut" })).await;
    let reply = json!({ "role": "assistant", "body": "Your appointment is confirmed for Monday." });
    let _ = say(w, &opened, reply).await;
    opened
}

fn field(id: &'static str, pointer: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let wanted = wanted.clone();
        async move {
            let opened = example(&w).await;
            let read = now(&w, &opened).await;
            assert_eq!(read.pointer(pointer), Some(&wanted), "{read:#}");
            let list = w.server_key().get(CONVERSATIONS).await.expect(200);
            assert_eq!(list["conversations"][0].pointer(pointer), Some(&wanted));
        }
    })
}

/// Returns a conversation in each of the documented states.
async fn states(w: &World) -> [(&'static str, Value); 4] {
    [
        ("active", open(w, json!({})).await),
        ("completed", open(w, json!({ "status": "solved", "resolution": "completed" })).await),
        ("escalated", open(w, json!({ "escalated": true })).await),
        ("abandoned", open(w, json!({ "status": "solved", "resolution": "abandoned" })).await),
    ]
}

/// Returns the equivalent of a state: a filter that finds it, and a patch that sets it.
fn vocabulary(state: &str) -> (&'static str, Value) {
    match state {
        "active" => ("status=open&escalated=false", json!({ "status": "open", "escalated": false })),
        "completed" => ("resolution=completed", json!({ "status": "solved", "resolution": "completed" })),
        "escalated" => ("status=open&escalated=true", json!({ "status": "open", "escalated": true })),
        _ => ("resolution=abandoned", json!({ "status": "solved", "resolution": "abandoned" })),
    }
}

const STATES: [[&str; 4]; 4] = [
    ["active", "status.active", "list.status.active", "update.status.active"],
    ["completed", "status.completed", "list.status.completed", "update.status.completed"],
    ["escalated", "status.escalated", "list.status.escalated", "update.status.escalated"],
    ["abandoned", "status.abandoned", "list.status.abandoned", "update.status.abandoned"],
];

fn conversation() -> Vec<Row> {
    let mut rows = vec![
        row("conversation.id", |w| async move {
            let opened = example(&w).await;
            assert_eq!(opened["id"].as_str().map(str::len), Some(36));
        }),
        field("conversation.lead_id", "/customer/id", json!("550e8400-e29b-41d4-a716-446655440000")),
        field("conversation.session_key", "/sessionKey", json!("whatsapp_+49123456789")),
        field("conversation.status", "/status", json!("open")),
        field("conversation.message_count", "/messageCount", json!(2)),
        field("conversation.created_at", "/createdAt", json!("2026-06-28T18:00:01.000Z")),
        field("conversation.updated_at", "/updatedAt", json!("2026-06-28T18:00:03.000Z")),
        field(
            "conversation.lead",
            "/customer",
            json!({
                "id": "550e8400-e29b-41d4-a716-446655440000", "name": "Jane Smith", "email": "jane@example.com",
                "phone": null, "company": null, "identitySource": "headers",
            }),
        ),
        field("conversation.lead.id", "/customer/id", json!("550e8400-e29b-41d4-a716-446655440000")),
        field("conversation.lead.name", "/customer/name", json!("Jane Smith")),
        field("conversation.lead.email", "/customer/email", json!("jane@example.com")),
        field("conversation.last_message_at", "/lastMessageAt", json!("2026-06-28T18:00:03.000Z")),
        field("conversation.last_message_preview", "/preview", json!("Your appointment is confirmed for Monday.")),
    ];
    for (id, channel) in [
        ("conversation.channel.whatsapp", "whatsapp"),
        ("conversation.channel.telegram", "telegram"),
        ("conversation.channel.web", "web"),
        ("conversation.channel.voice", "voice"),
    ] {
        rows.push(shows(id, json!({ "channel": channel }), "/channel", json!(channel)));
    }
    for [state, id, ..] in STATES {
        rows.push(row(id, move |w| async move {
            let states = states(&w).await;
            let (_, opened) = states.iter().find(|(name, _)| *name == state).expect("a conversation in this state");
            for (field, value) in vocabulary(state).1.as_object().expect("fields") {
                assert_eq!(opened[field], *value);
            }
        }));
    }
    rows
}

fn message() -> Vec<Row> {
    let mut rows = vec![
        row("message.id", |w| async move {
            let opened = example(&w).await;
            let said = say(&w, &opened, json!({ "body": "Hi" })).await;
            assert_eq!(said["id"].as_str().map(str::len), Some(36));
        }),
        row("message.conversation_id", |w| async move {
            let opened = example(&w).await;
            assert_eq!(thread(&w, &opened, "").await["messages"][0]["conversationId"], opened["id"]);
        }),
        row("message.content", |w| async move {
            let opened = example(&w).await;
            let messages = thread(&w, &opened, "").await["messages"].clone();
            assert_eq!(messages[0]["body"], "Hi, I'd like to book a haircut");
        }),
        row("message.metadata", |w| async move {
            let opened = example(&w).await;
            let said = json!({ "body": "Hi", "metadata": { "provider": { "wamid": "wamid.1" } } });
            assert_eq!(say(&w, &opened, said).await["metadata"], json!({ "provider": { "wamid": "wamid.1" } }));
            assert_eq!(thread(&w, &opened, "").await["messages"][0]["metadata"], json!({}));
        }),
        row("message.created_at", |w| async move {
            let opened = example(&w).await;
            let messages = thread(&w, &opened, "").await["messages"].clone();
            assert_eq!(messages[0]["createdAt"], "2026-06-28T18:00:02.000Z");
        }),
    ];
    for (id, role) in
        [("message.role.user", "user"), ("message.role.assistant", "assistant"), ("message.role.system", "system")]
    {
        rows.push(row(id, move |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(say(&w, &opened, json!({ "role": role, "body": "Hi" })).await["role"], role);
            assert_eq!(thread(&w, &opened, "").await["messages"][0]["role"], role);
        }));
    }
    rows
}

fn list() -> Vec<Row> {
    let mut rows = vec![
        row("rule.bearer", |w| async move {
            let _ = w.anon().get(CONVERSATIONS).await.expect_problem(401, "unauthorized");
            let _ = w.server_key().get(CONVERSATIONS).await.expect(200);
        }),
        row("list.route", |w| async move {
            let opened = example(&w).await;
            let list = w.server_key().get(CONVERSATIONS).await.expect(200);
            assert_eq!(list["conversations"], json!([now(&w, &opened).await]));
        }),
        row("list.page", |w| async move {
            let opened = several(&w, 5, json!({})).await;
            let wanted = newest_first(&opened);
            // The first page needs no cursor. The second uses the cursor of the first.
            let pages = pages(&w, CONVERSATIONS, "conversations", 2).await;
            assert_eq!(pages, wanted.chunks(2).map(<[Value]>::to_vec).collect::<Vec<_>>());
        }),
        row("list.size", |w| async move {
            let _ = several(&w, 21, json!({})).await;
            assert_eq!((found(&w, "").await.len(), found(&w, "limit=100").await.len()), (20, 21));
            let _ = w.server_key().get(&format!("{CONVERSATIONS}?limit=101")).await.expect_invalid(&["limit"]);
        }),
        row("list.lead_id", |w| async move {
            let wanted = example(&w).await;
            let other = open(&w, json!({})).await;
            finds(&w, "customerId=550e8400-e29b-41d4-a716-446655440000", &wanted, &[&other]).await;
        }),
        row("list.channel", |w| async move {
            let wanted = example(&w).await;
            let other = open(&w, json!({ "channel": "telegram" })).await;
            finds(&w, "channel=whatsapp", &wanted, &[&other]).await;
        }),
        row("list.total", |w| async move {
            let _ = several(&w, 3, json!({})).await;
            let _ = states(&w).await;
            let _ = w.drain_events().await;
            let counts = w.server_key().get(&format!("{CONVERSATIONS}/counts")).await.expect(200);
            assert_eq!(counts["counts"], json!({ "open": 5, "waiting": 0, "solved": 2, "total": 7 }));
        }),
        row("list.total.filter", |w| async move {
            let _ = several(&w, 3, json!({ "channel": "whatsapp", "priority": "high" })).await;
            let _ = open(&w, json!({ "channel": "whatsapp" })).await;
            let filter = json!({ "channel": "whatsapp", "priority": "high" });
            let body = json!({ "action": "update_status", "status": "open", "filter": filter, "dryRun": true });
            let counted = w.server_key().post("/api/v1/bulk-actions", &body).await.expect(200)["bulkAction"].clone();
            assert_eq!((&counted["matchedCount"], &counted["exact"]), (&json!(3), &json!(true)));
        }),
        row("list.total.lead", |w| async move {
            let _ = several(&w, 3, json!({ "customer": { "id": "lead" } })).await;
            let _ = open(&w, json!({})).await;
            let counts = w.server_key().get(&format!("{CONVERSATIONS}/counts?customerId=lead")).await.expect(200);
            assert_eq!((&counts["counts"]["total"], &counts["exact"]), (&json!(3), &json!(true)));
        }),
    ];
    for [state, _, id, _] in STATES {
        rows.push(row(id, move |w| async move {
            let states = states(&w).await;
            let (wanted, others): (Vec<_>, Vec<_>) = states.iter().partition(|(name, _)| *name == state);
            finds(&w, vocabulary(state).0, &wanted[0].1, &others.iter().map(|(_, one)| one).collect::<Vec<_>>()).await;
        }));
    }
    rows
}

fn rest() -> Vec<Row> {
    let mut rows = vec![
        row("get.route", |w| async move {
            let opened = example(&w).await;
            let answer = w.server_key().get(&format!("{}?include=messages", at(&opened))).await.expect(200);
            assert_eq!(answer["conversation"], now(&w, &opened).await);
        }),
        row("get.messages", |w| async move {
            let opened = example(&w).await;
            let answer = w.server_key().get(&format!("{}?include=messages", at(&opened))).await.expect(200);
            assert_eq!(answer["messages"], thread(&w, &opened, "").await["messages"]);
            // All messages, also beyond the ones that are included.
            let cursor = answer["messagesNextCursor"].as_str().expect("a cursor").to_owned();
            let later = say(&w, &opened, json!({ "body": "Thanks" })).await;
            assert_eq!(thread(&w, &opened, &format!("?cursor={cursor}")).await["messages"], json!([later]));
        }),
        row("messages.route", |w| async move {
            let opened = example(&w).await;
            assert_eq!(thread(&w, &opened, "?limit=50").await["messages"].as_array().map(Vec::len), Some(2));
        }),
        row("messages.limit", |w| async move {
            let opened = open(&w, json!({})).await;
            for i in 0..101 {
                let _ = say(&w, &opened, json!({ "body": i.to_string() })).await;
            }
            let length = async |query: &str| thread(&w, &opened, query).await["messages"].as_array().map(Vec::len);
            assert_eq!((length("").await, length("?limit=500").await), (Some(100), Some(101)));
            let path = format!("{}/messages?limit=501", at(&opened));
            let _ = w.server_key().get(&path).await.expect_invalid(&["limit"]);
        }),
        row("messages.offset", |w| async move {
            let opened = open(&w, json!({})).await;
            let mut said = Vec::new();
            for i in 0..5 {
                said.push(say(&w, &opened, json!({ "body": i.to_string() })).await);
            }
            let three = thread(&w, &opened, "?limit=3").await;
            let cursor = three["nextCursor"].as_str().expect("a cursor");
            assert_eq!(thread(&w, &opened, &format!("?cursor={cursor}")).await["messages"], json!(said[3..]));
        }),
        row("messages.array", |w| async move {
            let opened = example(&w).await;
            let messages = thread(&w, &opened, "").await["messages"].clone();
            assert!(messages.as_array().expect("an array").iter().all(|message| message["object"] == "message"));
        }),
        row("update.route", |w| async move {
            let opened = example(&w).await;
            let change = json!({ "status": "solved", "resolution": "completed" });
            let changed = patch(&w, &opened, change).await;
            assert_eq!((&changed["status"], &changed["resolution"]), (&json!("solved"), &json!("completed")));
        }),
    ];
    for [state, _, _, id] in STATES {
        rows.push(row(id, move |w| async move {
            let start = if state == "active" { vocabulary("abandoned").1 } else { json!({}) };
            let opened = open(&w, start).await;
            let (query, change) = vocabulary(state);
            let changed = patch(&w, &opened, change.clone()).await;
            for (field, value) in change.as_object().expect("fields") {
                assert_eq!(changed[field], *value);
            }
            finds(&w, query, &opened, &[]).await;
        }));
    }
    rows
}

/// Returns every row.
pub fn rows() -> Vec<Row> {
    [conversation(), message(), list(), rest()].into_iter().flatten().collect()
}
