use deskless_tests::{Upload, World};
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    CONVERSATIONS, Row, at, delete, finds, found, make, member, newest_first, now, open, pages, patch, row, say,
    several, thread,
};

/// Their channels, with ours and the rows that prove listing, retrieval, deletion and sending.
const CHANNELS: [(&str, [&str; 4]); 6] = [
    ("whatsapp", ["messages.whatsapp.list", "messages.whatsapp.get", "messages.whatsapp.delete", "send.whatsapp"]),
    ("instagram", ["messages.instagram.list", "messages.instagram.get", "messages.instagram.delete", "send.instagram"]),
    ("messenger", ["messages.messenger.list", "messages.messenger.get", "messages.messenger.delete", "send.messenger"]),
    ("live-chat", ["messages.webchat.list", "messages.webchat.get", "messages.webchat.delete", "send.webchat"]),
    ("sms", ["messages.sms.list", "messages.sms.get", "messages.sms.delete", "send.sms"]),
    (
        "playground",
        ["messages.playground.list", "messages.playground.get", "messages.playground.delete", "send.playground"],
    ),
];

/// Creates a thread on this channel with a customer message.
async fn on(w: &World, channel: &str) -> (Value, Value) {
    let key = if channel == "sms" || channel == "whatsapp" { "+49123456789" } else { "17841400000000000" };
    let opened = open(w, json!({ "channel": channel, "sessionKey": format!("{channel}_{key}") })).await;
    let said = say(w, &opened, json!({ "body": "Hi" })).await;
    (opened, said)
}

fn path_of(message: &Value) -> String {
    let text = |field: &str| message[field].as_str().expect("text").to_owned();
    format!("{CONVERSATIONS}/{}/messages/{}", text("conversationId"), text("id"))
}

fn record() -> Vec<Row> {
    vec![
        row("conversations.find", |w| async move {
            let opened = several(&w, 3, json!({})).await;
            assert_eq!(found(&w, "").await, newest_first(&opened));
        }),
        row("conversations.filter", |w| async move {
            let wanted = open(&w, json!({ "channel": "whatsapp", "tags": ["vip"], "priority": "high" })).await;
            let other = open(&w, json!({ "channel": "whatsapp" })).await;
            finds(&w, "status=open&channel=whatsapp&tag=vip&priority=high", &wanted, &[&other]).await;
        }),
        row("conversations.get", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(now(&w, &opened).await, opened);
        }),
        row("conversations.patch", |w| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(patch(&w, &opened, json!({ "status": "waiting" })).await["status"], "waiting");
        }),
        row("conversations.remove", |w| async move {
            let opened = open(&w, json!({})).await;
            delete(&w, &at(&opened)).await;
            let _ = w.server_key().get(&at(&opened)).await.expect_problem(404, "not_found");
        }),
        row("conversations.owner", |w| async move {
            let opened = open(&w, json!({})).await;
            let owner = member(&w, "Grace").await;
            let changed = patch(&w, &opened, json!({ "assigneeId": owner["id"] })).await;
            assert_eq!(changed["assignee"], json!({ "id": owner["id"], "name": "Grace" }));
        }),
        row("conversations.assistant", |w| async move {
            let opened = open(&w, json!({})).await;
            let assistant = make(&w, "assistants", "assistant", json!({ "name": "Robot" })).await;
            let changed = patch(&w, &opened, json!({ "assistantId": assistant["id"] })).await;
            assert_eq!(changed["assistant"], json!({ "id": assistant["id"], "name": "Robot" }));
        }),
        row("conversations.stage", |w| async move {
            let opened = open(&w, json!({})).await;
            let stages = json!([{ "name": "New" }, { "name": "Won" }]);
            let pipeline = make(&w, "pipelines", "pipeline", json!({ "name": "Sales", "stages": stages })).await;
            for stage in pipeline["stages"].as_array().expect("stages") {
                let moved = patch(&w, &opened, json!({ "stageId": stage["id"] })).await;
                assert_eq!(moved["stage"], json!({ "id": stage["id"], "name": stage["name"] }));
                assert_eq!(moved["pipelineId"], pipeline["id"]);
            }
        }),
        row("conversations.channel", |w| async move {
            for (channel, _) in CHANNELS {
                assert_eq!(open(&w, json!({ "channel": channel })).await["channel"], channel);
            }
        }),
        row("conversations.read", |w| async move {
            let opened = open(&w, json!({})).await;
            let _ = say(&w, &opened, json!({ "body": "Hi" })).await;
            assert_eq!(now(&w, &opened).await["unreadCount"], 1);
            let read = w.server_key().post(&format!("{}/read", at(&opened)), &json!({})).await.expect(200);
            assert_eq!(read["conversation"]["unreadCount"], 0);
        }),
        row("conversations.note", |w| async move {
            let opened = open(&w, json!({})).await;
            let note = say(&w, &opened, json!({ "type": "note", "body": "Rings often" })).await;
            assert_eq!((&note["type"], &note["role"]), (&json!("note"), &json!("assistant")));
        }),
        row("paging.$limit", |w| async move {
            let _ = several(&w, 51, json!({})).await;
            assert_eq!(found(&w, "limit=50").await.len(), 50);
        }),
        row("paging.$skip", |w| async move {
            let opened = several(&w, 5, json!({})).await;
            let wanted = newest_first(&opened);
            let pages = pages(&w, CONVERSATIONS, "conversations", 2).await;
            assert_eq!(pages, wanted.chunks(2).map(<[Value]>::to_vec).collect::<Vec<_>>());
        }),
    ]
}

fn messages() -> Vec<Row> {
    let mut rows = Vec::new();
    for (channel, [list, get, remove, _]) in CHANNELS {
        rows.push(row(list, move |w| async move {
            let (opened, said) = on(&w, channel).await;
            assert_eq!(said["channel"], channel);
            assert_eq!(thread(&w, &opened, "?limit=50").await["messages"], json!([said]));
        }));
        rows.push(row(get, move |w| async move {
            let (_, said) = on(&w, channel).await;
            assert_eq!(w.server_key().get(&path_of(&said)).await.expect(200)["message"], said);
        }));
        rows.push(row(remove, move |w| async move {
            let (opened, said) = on(&w, channel).await;
            delete(&w, &path_of(&said)).await;
            let _ = w.server_key().get(&path_of(&said)).await.expect_problem(404, "not_found");
            assert_eq!(now(&w, &opened).await["messageCount"], 0);
        }));
    }
    rows
}

fn sending() -> Vec<Row> {
    let mut rows = Vec::new();
    for (channel, [.., send]) in CHANNELS {
        rows.push(row(send, move |w| async move {
            let (opened, _) = on(&w, channel).await;
            let reply = say(&w, &opened, json!({ "role": "assistant", "body": "Hello" })).await;
            let carried = !matches!(channel, "live-chat" | "playground");
            assert_eq!(reply["deliveryStatus"], if carried { "queued" } else { "delivered" });
            assert_eq!(now(&w, &opened).await["preview"], "Hello");
            if carried {
                // The back end sends it to the provider and reports the delivery status.
                let report = json!({ "deliveryStatus": "sent", "externalId": "provider-1" });
                let reported = w.server_key().patch(&path_of(&reply), &report).await.expect(200);
                assert_eq!(reported["message"]["deliveryStatus"], "sent");
            }
        }));
    }
    for (id, channel, provider) in [
        ("transform.whatsapp", "whatsapp", "whatsapp-cloud"),
        ("transform.instagram", "instagram", "instagram"),
        ("transform.messenger", "messenger", "messenger"),
        ("transform.webchat", "live-chat", "web-chat"),
        ("transform.sms", "sms", "twilio"),
    ] {
        rows.push(row(id, move |w| async move {
            let (opened, _) = on(&w, channel).await;
            let path = format!("{}/messages/transform", at(&opened));
            let shown = w.server_key().post(&path, &json!({ "body": "Hello" })).await.expect(200);
            assert_eq!(
                (&shown["transform"]["channel"], &shown["transform"]["provider"]),
                (&json!(channel), &json!(provider))
            );
            assert!(shown["transform"]["requests"][0].to_string().contains("Hello"), "{shown:#}");
        }));
    }
    rows
}

const BULK: &str = "/api/v1/bulk-actions";

/// Runs a bulk action on two of three conversations, and asserts that only those two change.
async fn bulk(w: &World, action: Value, field: &str, wanted: Value) {
    let opened = several(w, 3, json!({})).await;
    let mut body = action;
    body["conversationIds"] = json!([opened[0]["id"], opened[2]["id"]]);
    let done = w.server_key().post(BULK, &body).await.expect(200)["bulkAction"].clone();
    assert_eq!((&done["status"], &done["processedCount"]), (&json!("succeeded"), &json!(2)), "{done:#}");
    for (i, one) in opened.iter().enumerate() {
        assert_eq!(now(w, one).await[field] == wanted, i != 1);
    }
}

fn bulk_actions() -> Vec<Row> {
    vec![
        row("bulk.create", |w| async move {
            let opened = several(&w, 3, json!({ "tags": ["late"] })).await;
            let other = open(&w, json!({})).await;
            let body = json!({
                "action": "update_status", "status": "waiting", "filter": { "tag": "late" },
            });
            let begun = w.server_key().post(BULK, &body).await.expect(202)["bulkAction"].clone();
            let _ = w.drain_events().await;
            let path = format!("{BULK}/{}", begun["id"].as_str().expect("text"));
            let done = w.server_key().get(&path).await.expect(200)["bulkAction"].clone();
            assert_eq!((&done["status"], &done["processedCount"]), (&json!("succeeded"), &json!(3)), "{done:#}");
            for one in &opened {
                assert_eq!(now(&w, one).await["status"], "waiting");
            }
            assert_eq!(now(&w, &other).await["status"], "open");
        }),
        row("bulk.owner", |w| async move {
            let owner = member(&w, "Grace").await["id"].clone();
            bulk(&w, json!({ "action": "assign", "assigneeId": owner }), "assigneeId", owner).await;
        }),
        row("bulk.assistant", |w| async move {
            let robot = make(&w, "assistants", "assistant", json!({ "name": "Robot" })).await["id"].clone();
            bulk(&w, json!({ "action": "assign_assistant", "assistantId": robot }), "assistantId", robot).await;
        }),
        row("bulk.stage", |w| async move {
            let body = json!({ "name": "Sales", "stages": [{ "name": "New" }] });
            let pipeline = make(&w, "pipelines", "pipeline", body).await;
            let stage = pipeline["stages"][0]["id"].clone();
            let action = json!({ "action": "move", "pipelineId": pipeline["id"], "stageId": stage });
            bulk(&w, action, "stageId", stage).await;
        }),
        row("bulk.status", |w| async move {
            let action = json!({ "action": "update_status", "status": "solved", "resolution": "closed" });
            bulk(&w, action, "resolution", json!("closed")).await;
        }),
        row("bulk.delete", |w| async move {
            let opened = several(&w, 2, json!({})).await;
            let body = json!({ "action": "delete", "reason": "Spam", "conversationIds": [opened[0]["id"]] });
            let _ = w.server_key().post(BULK, &body).await.expect(200);
            assert_eq!(found(&w, "").await, [opened[1]["id"].clone()]);
        }),
    ]
}

fn files() -> Vec<Row> {
    vec![
        row("files.sign", |w| async move {
            let opened = open(&w, json!({ "channel": "whatsapp" })).await;
            let signed = w.server_key().sign(&opened["id"], "a.png", "image/png", 5).await.expect(201);
            assert_eq!(signed["upload"]["method"], "POST");
            // The signature covers exactly this size and type.
            let upload = || Upload::of(&signed["upload"], "hello");
            assert_ne!(Upload::of(&signed["upload"], "hello!").send().await.0, 204);
            assert_ne!(upload().with("Content-Type", "text/html").send().await.0, 204);
            upload().expect_accepted().await;
        }),
        row("files.create", |w| async move {
            let opened = open(&w, json!({ "channel": "whatsapp" })).await;
            let signed = w.server_key().sign(&opened["id"], "a.png", "image/png", 5).await.expect(201);
            Upload::of(&signed["upload"], "hello").expect_accepted().await;
            let body = json!({ "fileId": signed["file"]["id"] });
            let file = w.server_key().post("/api/v1/files", &body).await.expect(200)["file"].clone();
            assert_eq!((&file["status"], &file["category"]), (&json!("ready"), &json!("image")));
            assert_eq!((&file["fileName"], &file["conversationId"]), (&json!("a.png"), &opened["id"]));
        }),
        row("files.attach", |w| async move {
            let opened = open(&w, json!({ "channel": "whatsapp" })).await;
            let file = w.server_key().upload(&opened["id"], "a.txt", "hello").await;
            let body = json!({ "role": "assistant", "body": "Here", "attachments": [{ "fileId": file["id"] }] });
            assert_eq!(say(&w, &opened, body).await["attachments"][0]["name"], "a.txt");
        }),
    ]
}

/// Runs actions on a conversation with this context, and returns the finished run.
async fn run(w: &World, over: &Value, actions: Value, context: Value) -> Value {
    let body = json!({ "name": "A", "trigger": "manual", "actions": actions });
    let automation = make(w, "automations", "automation", body).await;
    let path = format!("/api/v1/automations/{}/executions", automation["id"].as_str().expect("text"));
    let body = json!({ "conversationId": over["id"], "context": context });
    let queued = w.server_key().post(&path, &body).await.expect(202)["execution"].clone();
    let _ = w.drain_events().await;
    let path = format!("{path}/{}", queued["id"].as_str().expect("text"));
    w.server_key().get(&path).await.expect(200)["execution"].clone()
}

fn automations() -> Vec<Row> {
    vec![
        row("automations.create", |w| async move {
            let opened = open(&w, json!({})).await;
            let actions =
                json!([{ "action": "tag", "add": ["vip"] }, { "action": "update_status", "status": "waiting" }]);
            let ended = run(&w, &opened, actions, json!({})).await;
            assert_eq!((&ended["status"], &ended["conversationId"]), (&json!("succeeded"), &opened["id"]));
            let now = now(&w, &opened).await;
            assert_eq!((&now["tags"], &now["status"]), (&json!(["vip"]), &json!("waiting")));
        }),
        row("automations.context", |w| async move {
            let opened = open(&w, json!({ "customer": { "id": "c", "name": "Ada" } })).await;
            let _ = say(&w, &opened, json!({ "body": "Where is my order?" })).await;
            let (_, reply) = predefined(&w, "a").await;
            let actions = json!([
                { "action": "reply", "predefinedMessageId": reply["id"] },
                { "action": "call_webhook", "url": "https://hooks.example.com/a" },
            ]);
            let ended = run(&w, &opened, actions, json!({ "orderId": 7 })).await;
            assert_eq!((&ended["status"], &ended["context"]), (&json!("succeeded"), &json!({ "orderId": 7 })));
            let messages = thread(&w, &opened, "").await["messages"].clone();
            assert_eq!(messages[1]["body"], "Hello Ada!");
            let told = w.webhook_servers.take_calls().remove(0).json()["data"].clone();
            assert_eq!((&told["conversation"]["id"], &told["customer"]["name"]), (&opened["id"], &json!("Ada")));
            assert_eq!((&told["messages"], &told["context"]), (&messages, &json!({ "orderId": 7 })));
        }),
    ]
}

/// Creates a predefined message and returns its path.
async fn predefined(w: &World, title: &str) -> (String, Value) {
    let body = json!({ "title": title, "content": "Hello {{customer.name}}!" });
    let made = make(w, "predefined-messages", "predefinedMessage", body).await;
    (format!("/api/v1/predefined-messages/{}", made["id"].as_str().expect("text")), made)
}

fn predefined_messages() -> Vec<Row> {
    vec![
        row("predefined.find", |w| async move {
            let (_, second) = predefined(&w, "b").await;
            let (_, first) = predefined(&w, "A").await;
            let list = w.server_key().get("/api/v1/predefined-messages?limit=50").await.expect(200);
            assert_eq!(list["predefinedMessages"], json!([first, second]));
        }),
        row("predefined.get", |w| async move {
            let (path, made) = predefined(&w, "a").await;
            assert_eq!(w.server_key().get(&path).await.expect(200)["predefinedMessage"], made);
        }),
        row("predefined.create", |w| async move {
            let (_, made) = predefined(&w, "a").await;
            assert_eq!(made["content"], "Hello {{customer.name}}!");
        }),
        row("predefined.patch", |w| async move {
            let (path, _) = predefined(&w, "a").await;
            let changed = w.server_key().patch(&path, &json!({ "title": "b" })).await.expect(200);
            assert_eq!(changed["predefinedMessage"]["title"], "b");
        }),
        row("predefined.remove", |w| async move {
            let (path, _) = predefined(&w, "a").await;
            assert_eq!(w.server_key().ask(Method::DELETE, &path).send().await.status.as_u16(), 204);
            let _ = w.server_key().get(&path).await.expect_problem(404, "not_found");
        }),
        row("predefined.use", |w| async move {
            let (_, made) = predefined(&w, "a").await;
            let opened = open(&w, json!({ "customer": { "id": "c", "name": "Ada" } })).await;
            let said = json!({ "role": "assistant", "predefinedMessageId": made["id"] });
            assert_eq!(say(&w, &opened, said).await["body"], "Hello Ada!");
        }),
    ]
}

/// Returns every row.
pub fn rows() -> Vec<Row> {
    [record(), messages(), sending(), bulk_actions(), files(), predefined_messages(), automations()]
        .into_iter()
        .flatten()
        .collect()
}
