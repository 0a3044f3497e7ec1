//! Files, predefined messages and executions.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Row, W, ask_as, expect_error, get, id, make, open, patch, post, remove, row};

const FILES: &str = "/conversation-files";
const PREDEFINED: &str = "/conversation-predefined-messages";

/// Signs an upload and sends the bytes, and returns the body that registers the file.
async fn uploaded(w: &World, conversation: &Value, bytes: &'static str) -> Value {
    let signed = post(w, "/s3-url-signing", json!({ "type": "image/png", "filename": "a.png" })).await;
    let url = signed["signedUrl"].as_str().expect("a URL");
    let put = reqwest::Client::new().put(url).header("content-type", "image/png").body(bytes).send().await;
    assert!(put.expect("a response").status().is_success());
    json!({
        "conversation_id": conversation,
        "file_name": "a.png",
        "file_type": "image/png",
        "file_size": bytes.len(),
        "s3_key": signed["s3PathWithoutBucket"],
        "s3_path": signed["s3Path"],
        "file_category": "image",
    })
}

fn files() -> Vec<Row> {
    vec![
        row("s3-url-signing.create", |w: W| async move {
            let signed = post(
                &w,
                "/s3-url-signing",
                json!({ "type": "text/plain", "filename": "a.txt", "path": "x", "bucket": "y" }),
            )
            .await;
            assert_eq!(signed["headers"], json!({ "Content-Type": "text/plain" }));
            let (key, path) =
                (signed["s3PathWithoutBucket"].as_str().expect("a key"), signed["s3Path"].as_str().expect("a path"));
            assert!(path.starts_with("s3://") && path.ends_with(key), "{path}");
            let url = signed["signedUrl"].as_str().expect("a URL");
            // The signature covers the type.
            let put = |content_type| {
                reqwest::Client::new().put(url).header("content-type", content_type).body("hello").send()
            };
            assert!(!put("text/html").await.expect("a response").status().is_success());
            assert!(put("text/plain").await.expect("a response").status().is_success());
        }),
        row("conversation-files.create", |w: W| async move {
            let opened = open(&w, json!({ "channel": "whatsapp" })).await;
            let body = uploaded(&w, &opened["id"], "hello").await;
            let file = post(&w, FILES, body.clone()).await;
            assert_eq!((&file["file_category"], &file["file_size"]), (&json!("image"), &json!(5)));
            assert_eq!(post(&w, FILES, body.clone()).await["_id"], file["_id"]);
            let outgoing = json!({
                "conversation_id": opened["id"], "message_type": "image", "message_text": "Look",
                "conversation_file_id": file["_id"], "s3_path": body["s3_path"], "file_size": 5,
            });
            let sent = post(&w, "/conversation-messages-transform-outgoing-whatsapp", outgoing).await;
            assert_eq!((&sent["message_type"], &sent["conversation_file_id"]), (&json!("image"), &file["_id"]));
            let ours = w.server_key().get(&format!("/api/v1/files/{}", id(&file))).await.expect(200);
            assert_eq!(ours["file"]["conversationId"], opened["id"]);
            // Another size, another name, and an upload that never was.
            let refused = async |name: &str, value: Value, code, class| {
                let mut body = body.clone();
                body[name] = value;
                expect_error(ask_as(&w.server_key(), Method::POST, FILES, Some(&body)).await, code, class)
            };
            let error = refused("file_name", json!("b.png"), 400, "BadRequest").await;
            assert!(error["errors"]["s3_key"].is_string(), "{error}");
            let _ = refused("file_category", json!("video"), 400, "BadRequest").await;
            let _ = refused("s3_path", json!("s3://b/x"), 400, "BadRequest").await;
            let mut missing = body.clone();
            missing["s3_key"] = json!("pending/w/0190a5c4-7e00-7000-8000-00000000000a");
            let _ = missing.as_object_mut().expect("fields").remove("s3_path");
            expect_error(ask_as(&w.server_key(), Method::POST, FILES, Some(&missing)).await, 409, "Conflict");
            let mut larger = uploaded(&w, &opened["id"], "hello").await;
            larger["file_size"] = json!(6);
            expect_error(ask_as(&w.server_key(), Method::POST, FILES, Some(&larger)).await, 409, "Conflict");
            larger["file_size"] = json!(5);
            let _ = post(&w, FILES, larger).await;
        }),
        row("send.media_url", |w: W| async move {
            let opened = open(&w, json!({ "channel": "sms" })).await;
            let body = uploaded(&w, &opened["id"], "hello").await;
            let file = post(&w, FILES, body.clone()).await;
            let url = format!("https://bucket.s3.amazonaws.com/{}", body["s3_key"].as_str().expect("a key"));
            let outgoing = json!({ "conversation_id": opened["id"], "message_type": "image", "media_url": url });
            let sent = post(&w, "/conversation-messages-sms", outgoing).await;
            assert_eq!(sent["conversation_file_id"], file["_id"]);
            let outgoing = json!({ "conversation_id": opened["id"], "media_url": "https://example.com/a.png" });
            expect_error(
                ask_as(&w.server_key(), Method::POST, "/conversation-messages-sms", Some(&outgoing)).await,
                400,
                "BadRequest",
            );
        }),
    ]
}

async fn predefined(w: &World, title: &str) -> Value {
    post(w, PREDEFINED, json!({ "title": title, "content": "Hello {{customer.name}}!" })).await
}

fn predefined_messages() -> Vec<Row> {
    vec![
        row("conversation-predefined-messages.find", |w: W| async move {
            let second = predefined(&w, "b").await;
            let first = predefined(&w, "A").await;
            assert_eq!(get(&w, PREDEFINED).await["data"], json!([first, second]));
            assert_eq!(get(&w, &format!("{PREDEFINED}?$sort[title]=-1")).await["data"], json!([second, first]));
            assert_eq!(get(&w, &format!("{PREDEFINED}?title=b")).await["data"], json!([second]));
            let page = get(&w, &format!("{PREDEFINED}?$limit=1&$skip=1&$select[]=title")).await;
            assert_eq!((&page["total"], &page["data"]), (&json!(2), &json!([{ "id": second["id"], "title": "b" }])));
        }),
        row("conversation-predefined-messages.get", |w: W| async move {
            let made = predefined(&w, "a").await;
            assert_eq!(get(&w, &format!("{PREDEFINED}/{}", id(&made))).await, made);
        }),
        row("conversation-predefined-messages.create", |w: W| async move {
            let made = predefined(&w, "a").await;
            assert_eq!(
                (&made["title"], &made["message_type"], &made["media_url"]),
                (&json!("a"), &json!("text"), &Value::Null)
            );
            let ours = w.server_key().get(&format!("/api/v1/predefined-messages/{}", id(&made))).await.expect(200);
            assert_eq!(ours["predefinedMessage"]["content"], made["content"]);
        }),
        row("conversation-predefined-messages.patch", |w: W| async move {
            let made = predefined(&w, "a").await;
            let path = format!("{PREDEFINED}/{}", id(&made));
            let patched = patch(&w, &path, json!({ "title": "b" })).await;
            assert_eq!((&patched["title"], &patched["content"]), (&json!("b"), &made["content"]));
        }),
        row("conversation-predefined-messages.remove", |w: W| async move {
            let made = predefined(&w, "a").await;
            let path = format!("{PREDEFINED}/{}", id(&made));
            assert_eq!(remove(&w, &path).await, made);
            expect_error(ask_as(&w.server_key(), Method::GET, &path, None).await, 404, "NotFound");
        }),
        row("predefined.media_url", |w: W| async move {
            let mut body = uploaded(&w, &Value::Null, "hello").await;
            let _ = body.as_object_mut().expect("fields").remove("conversation_id");
            let file = post(&w, FILES, body).await;
            let fields = json!({
                "title": "a", "content": "Look", "message_type": "image", "media_url": file["s3_key"],
                "filename": "a.png", "mime_type": "image/png",
            });
            let made = post(&w, PREDEFINED, fields).await;
            let found = get(&w, &format!("{PREDEFINED}/{}", id(&made))).await;
            assert_eq!(
                (&found["media_url"], &found["filename"], &found["mime_type"]),
                (&file["s3_key"], &json!("a.png"), &json!("image/png"))
            );
            let cleared = json!({ "media_url": null });
            assert_eq!(patch(&w, &format!("{PREDEFINED}/{}", id(&made)), cleared).await["media_url"], Value::Null);
        }),
    ]
}

fn executions() -> Vec<Row> {
    vec![row("automations-executions.create", |w: W| async move {
        let opened = open(&w, json!({})).await;
        let actions = json!([{ "action": "tag", "add": ["vip"] }]);
        let automation =
            make(&w, "automations", "automation", json!({ "name": "A", "trigger": "manual", "actions": actions }))
                .await;
        let body = json!({
            "automation_id": automation["id"],
            "conversation_id": opened["id"],
            "initial_payload": { "conversation": { "id": opened["id"] }, "contact": null, "messages": [], "order": 7 },
        });
        let queued = post(&w, "/automations-executions", body).await;
        assert_eq!((&queued["status"], &queued["initial_payload"]), (&json!("queued"), &json!({ "order": 7 })));
        let _ = w.drain_events().await;
        assert_eq!(super::ours(&w, id(&opened)).await["tags"], json!(["vip"]));
        let body = json!({ "automation_id": opened["id"], "conversation_id": opened["id"] });
        expect_error(
            ask_as(&w.server_key(), Method::POST, "/automations-executions", Some(&body)).await,
            404,
            "NotFound",
        );
    })]
}

pub fn rows() -> Vec<Row> {
    [files(), predefined_messages(), executions()].into_iter().flatten().collect()
}
