//! The message services of each channel.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Row, W, ask_as, expect_error, get, id, ids, open, post, refused, remove, row, say};

/// The channels, with ours and the service that sends.
const CHANNELS: [(&str, &str, &str); 6] = [
    ("whatsapp", "whatsapp", "conversation-messages-transform-outgoing-whatsapp"),
    ("instagram", "instagram", "conversation-messages-transform-outgoing-instagram"),
    ("messenger", "messenger", "conversation-messages-transform-outgoing-messenger"),
    ("webchat", "live-chat", "conversation-messages-transform-outgoing-webchat"),
    ("sms", "sms", "conversation-messages-sms"),
    ("playground", "playground", "conversation-messages-playground"),
];

async fn on(w: &World, channel: &str) -> (Value, Value) {
    let opened = open(w, json!({ "channel": channel })).await;
    let said = say(w, &opened, json!({ "body": "Where is my order?" })).await;
    (opened, said)
}

/// Returns the services of other channels.
fn others(channel: &'static str) -> impl Iterator<Item = String> {
    CHANNELS
        .into_iter()
        .filter(move |(other, ..)| *other != channel)
        .map(|(other, ..)| format!("/conversation-messages-{other}"))
}

fn of_channel((channel, ours, sends): (&'static str, &'static str, &'static str)) -> Vec<Row> {
    let service = format!("/conversation-messages-{channel}");
    let (find, retrieve, delete) = (service.clone(), service.clone(), service);
    vec![
        row(format!("conversation-messages-{channel}.find"), move |w: W| {
            let service = find.clone();
            async move {
                let (opened, said) = on(&w, ours).await;
                let page = get(&w, &format!("{service}?conversation_id={}", id(&opened))).await;
                let found = &page["data"][0];
                assert_eq!((&page["total"], &found["message_id"]), (&json!(1), &said["id"]));
                assert_eq!((&found["channel"], &found["direction"]), (&json!(channel), &json!("inbound")));
                assert_eq!((&found["message_text"], &found["message_type"]), (&said["body"], &json!("text")));
                assert_eq!(refused(&w, &service).await, "`conversation_id` is required.");
                for other in others(channel) {
                    let path = format!("{other}?conversation_id={}", id(&opened));
                    expect_error(ask_as(&w.server_key(), Method::GET, &path, None).await, 404, "NotFound");
                }
            }
        }),
        row(format!("conversation-messages-{channel}.get"), move |w: W| {
            let service = retrieve.clone();
            async move {
                let (opened, said) = on(&w, ours).await;
                let listed = get(&w, &format!("{service}?conversation_id={}", id(&opened))).await["data"][0].clone();
                let its_id = listed["_id"].as_str().expect("an id");
                assert_eq!(get(&w, &format!("{service}/{its_id}")).await, listed);
                let path = format!("{service}/{}?conversation_id={}", id(&said), id(&opened));
                assert_eq!(get(&w, &path).await, listed);
                for path in others(channel).map(|other| format!("{other}/{its_id}")).chain([format!("{service}/x")]) {
                    expect_error(ask_as(&w.server_key(), Method::GET, &path, None).await, 404, "NotFound");
                }
            }
        }),
        row(format!("conversation-messages-{channel}.remove"), move |w: W| {
            let service = delete.clone();
            async move {
                let (opened, said) = on(&w, ours).await;
                let its_id = format!("{}_{}", id(&opened), id(&said));
                for other in others(channel) {
                    let path = format!("{other}/{its_id}");
                    expect_error(ask_as(&w.server_key(), Method::DELETE, &path, None).await, 404, "NotFound");
                }
                assert_eq!(remove(&w, &format!("{service}/{its_id}")).await["_id"], its_id.as_str());
                assert_eq!(get(&w, &format!("{service}?conversation_id={}", id(&opened))).await["data"], json!([]));
            }
        }),
        row(format!("{sends}.create"), move |w: W| async move {
            let (opened, _) = on(&w, ours).await;
            let body =
                json!({ "conversation_id": opened["id"], "message_text": "It is on its way.", "message_type": "text" });
            let sent = post(&w, &format!("/{sends}"), body.clone()).await;
            let status = if matches!(channel, "webchat" | "playground") { "delivered" } else { "queued" };
            assert_eq!((&sent["direction"], &sent["status"]), (&json!("outbound"), &json!(status)));
            // A person sees it in our own API, and answers; the client sees the answer.
            let path = format!("/api/v1/conversations/{}/messages", id(&opened));
            let thread = w.server_key().get(&path).await.expect(200);
            assert_eq!(thread["messages"][1]["body"], "It is on its way.");
            assert_eq!(thread["messages"][1]["role"], "assistant");
            let _ = say(&w, &opened, json!({ "role": "assistant", "body": "Tomorrow." })).await;
            let page = get(&w, &format!("/conversation-messages-{channel}?conversation_id={}", id(&opened))).await;
            assert_eq!(page["data"][2]["message_text"], "Tomorrow.");
            for (other, _, service) in CHANNELS.into_iter().filter(|(other, ..)| *other != channel) {
                let answer = ask_as(&w.server_key(), Method::POST, &format!("/{service}"), Some(&body)).await;
                let _ = (other, expect_error(answer, 404, "NotFound"));
            }
        }),
    ]
}

fn sending() -> Vec<Row> {
    let path = "/conversation-messages-transform-outgoing-whatsapp";
    vec![
        row("send.message_type", move |w: W| async move {
            let (opened, _) = on(&w, "whatsapp").await;
            let post_fields = async |fields: Value| {
                let mut body = json!({ "conversation_id": opened["id"] });
                for (name, value) in fields.as_object().expect("fields") {
                    body[name] = value.clone();
                }
                ask_as(&w.server_key(), Method::POST, path, Some(&body)).await
            };
            let note = post_fields(json!({ "message_type": "note", "message_text": "Call back" })).await.expect(201);
            assert_eq!((&note["message_type"], &note["status"]), (&json!("note"), &json!("delivered")));
            let template = json!({ "name": "hello", "language": "en", "components": [{ "type": "body" }] });
            let sent =
                post_fields(json!({ "message_type": "template", "message_text": "Hello", "template": template }))
                    .await
                    .expect(201);
            assert_eq!((&sent["message_type"], &sent["template"]), (&json!("template"), &template));
            for fields in [
                json!({ "message_type": "sticker", "message_text": "a" }),
                json!({ "message_type": "image" }),
                json!({ "message_type": "template" }),
                json!({ "message_text": "a", "template": {} }),
                json!({ "message_text": "" }),
                json!({ "message_text": "a", "mesage_type": "note" }),
            ] {
                expect_error(post_fields(fields).await, 400, "BadRequest");
            }
        }),
        row("send.message_text", move |w: W| async move {
            let (opened, _) = on(&w, "whatsapp").await;
            let long = "é".repeat(100_000);
            let sent = post(&w, path, json!({ "conversation_id": opened["id"], "message_text": long })).await;
            assert_eq!(sent["message_text"], long);
            let found =
                get(&w, &format!("/conversation-messages-whatsapp/{}", sent["_id"].as_str().expect("an id"))).await;
            assert_eq!(found, sent);
        }),
        row("messages.message_type", |w: W| async move {
            let (opened, _) = on(&w, "sms").await;
            let _ = say(&w, &opened, json!({ "type": "note", "body": "b" })).await;
            let _ = say(&w, &opened, json!({ "role": "assistant", "body": "c" })).await;
            let all = format!("/conversation-messages-sms?conversation_id={}", id(&opened));
            assert_eq!(ids(&get(&w, &format!("{all}&message_type[$ne]=reaction")).await).len(), 3);
            assert_eq!(ids(&get(&w, &format!("{all}&message_type[$ne]=note")).await).len(), 2);
            assert_eq!(ids(&get(&w, &format!("{all}&message_type=note")).await).len(), 1);
            assert_eq!(ids(&get(&w, &format!("{all}&direction=outbound&message_type=text")).await).len(), 1);
        }),
        row("messages.$sort", |w: W| async move {
            let (opened, first) = on(&w, "sms").await;
            let second = say(&w, &opened, json!({ "body": "b" })).await;
            let all = format!("/conversation-messages-sms?conversation_id={}", id(&opened));
            let found = async |query: &str| -> Vec<Value> {
                let page = get(&w, &format!("{all}{query}")).await;
                page["data"].as_array().expect("rows").iter().map(|row| row["message_id"].clone()).collect()
            };
            let (first, second) = (first["id"].clone(), second["id"].clone());
            assert_eq!(found("").await, [first.clone(), second.clone()]);
            assert_eq!(found("&$sort[created_at]=-1").await, [second.clone(), first.clone()]);
            assert_eq!(found("&$sort[created_at]=-1&$limit=1&$skip=1").await, std::slice::from_ref(&first));
            assert_eq!(found("&direction=inbound&$limit=1&$skip=1").await, [second]);
            assert!(refused(&w, &format!("{all}&$sort[direction]=1")).await.contains("must have one field"));
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    CHANNELS.into_iter().flat_map(of_channel).chain(sending()).collect()
}
