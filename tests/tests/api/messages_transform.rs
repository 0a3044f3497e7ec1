//! Transforming a message into the provider's request.

use deskless_tests::{Role, TestResponse, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

/// A day in milliseconds.
pub const DAY: i64 = 24 * 60 * 60 * 1000;

/// Creates a conversation with a recent customer message and returns its path. Solves the one that has the same `sessionKey`.
pub async fn open(role: &Role<'_>, channel: &str, key: &str) -> String {
    let key_in_query = key.replace('+', "%2B");
    let earlier = role.get(&format!("/api/v1/conversations?status=open&sessionKey={key_in_query}")).await.expect(200);
    for conversation in earlier["conversations"].as_array().expect("conversations") {
        let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("an id"));
        let _ = role.patch(&path, &json!({ "status": "solved" })).await.expect(200);
    }
    let mut body = minimal_conversation();
    body["channel"] = json!(channel);
    body["sessionKey"] = json!(key);
    body["message"] = json!({ "body": "Hi" });
    format!("/api/v1/conversations/{}", role.open(&body).await["id"].as_str().expect("an id"))
}

/// Asks for the provider requests of a message.
pub async fn transform(role: &Role<'_>, path: &str, body: Value) -> TestResponse {
    role.post(&format!("{path}/messages/transform"), &body).await
}

/// Returns the provider requests that a message is transformed to.
pub async fn requests(role: &Role<'_>, path: &str, body: Value) -> Value {
    transform(role, path, body).await.expect(200)["transform"]["requests"].clone()
}

fn post(url: &str, body: &Value) -> Value {
    json!({ "method": "POST", "url": url, "headers": { "Content-Type": "application/json" }, "body": body })
}

/// Returns media of a kind.
pub fn media(kind: &str) -> Value {
    json!({ "type": kind, "url": "https://example.com/f", "fileName": "f.pdf" })
}

#[tokio::test]
async fn whatsapp_request_has_texts_files_and_templates() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&ours, "whatsapp", "whatsapp_+49123456789").await;
    let send = |kind: &str, content: Value| {
        let mut body = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+49123456789", "type": kind,
        });
        body[kind] = content;
        post("https://graph.facebook.com/v24.0/1067/messages", &body)
    };
    let text = send("text", json!({ "preview_url": false, "body": "Hello" }));
    let link = "https://example.com/f";
    let components = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Ada" }] }]);
    for (message, wanted) in [
        (json!({ "body": "Hello" }), json!([text])),
        (json!({ "media": media("image") }), json!([send("image", json!({ "link": link }))])),
        (
            json!({ "media": media("image"), "body": "Hello" }),
            json!([send("image", json!({ "link": link, "caption": "Hello" }))]),
        ),
        (
            json!({ "media": media("video"), "body": "Hello" }),
            json!([send("video", json!({ "link": link, "caption": "Hello" }))]),
        ),
        (
            json!({ "media": media("document"), "body": "Hello" }),
            json!([send("document", json!({ "link": link, "caption": "Hello", "filename": "f.pdf" }))]),
        ),
        (json!({ "media": media("audio"), "body": "Hello" }), json!([send("audio", json!({ "link": link })), text])),
        (
            json!({ "template": { "name": "order_update", "language": "en_US", "components": components } }),
            json!([send(
                "template",
                json!({ "name": "order_update", "language": { "code": "en_US" }, "components": components })
            )]),
        ),
        (
            json!({ "template": { "name": "hello", "language": "de" } }),
            json!([send("template", json!({ "name": "hello", "language": { "code": "de" } }))]),
        ),
    ] {
        let mut message = message;
        message["from"] = json!("1067");
        assert_eq!(requests(&ours, &path, message.clone()).await, wanted, "{message}");
    }
    let unknown = requests(&ours, &path, json!({ "body": "Hello", "to": "+15551234567" })).await;
    assert_eq!(unknown[0]["url"], "https://graph.facebook.com/v24.0/{phone-number-id}/messages");
    assert_eq!(unknown[0]["body"]["to"], "+15551234567");
}

#[tokio::test]
async fn messenger_and_instagram_split_text_and_files() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&ours, "messenger", "messenger_2468").await;
    let send = |message: Value| {
        let body = json!({ "recipient": { "id": "2468" }, "messaging_type": "RESPONSE", "message": message });
        post("https://graph.facebook.com/v24.0/me/messages", &body)
    };
    let payload = json!({ "url": "https://example.com/f", "is_reusable": false });
    assert_eq!(requests(&ours, &path, json!({ "body": "Hello" })).await, json!([send(json!({ "text": "Hello" }))]));
    assert_eq!(
        requests(&ours, &path, json!({ "body": "Hello", "media": media("document") })).await,
        json!([
            send(json!({ "attachment": { "type": "file", "payload": payload } })),
            send(json!({ "text": "Hello" }))
        ])
    );

    let path = open(&ours, "instagram", "instagram_1357").await;
    let send = |message: Value| {
        let body = json!({ "recipient": { "id": "1357" }, "message": message });
        post("https://graph.instagram.com/v24.0/17841/messages", &body)
    };
    let payload = json!({ "url": "https://example.com/f" });
    assert_eq!(
        requests(&ours, &path, json!({ "body": "Hello", "from": "17841" })).await,
        json!([send(json!({ "text": "Hello" }))])
    );
    for kind in ["image", "audio", "video"] {
        assert_eq!(
            requests(&ours, &path, json!({ "media": media(kind), "from": "17841" })).await,
            json!([send(json!({ "attachment": { "type": kind, "payload": payload } }))])
        );
    }
}

#[tokio::test]
async fn sms_is_a_form_with_segment_count() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&ours, "sms", "sms_+15551234567").await;
    let shown = transform(&ours, &path, json!({ "body": "Hello", "from": "+15557654321" })).await.expect(200);
    insta::assert_json_snapshot!(shown, @r#"
    {
      "transform": {
        "channel": "sms",
        "provider": "twilio",
        "requests": [
          {
            "body": {
              "Body": "Hello",
              "From": "+15557654321",
              "To": "+15551234567"
            },
            "headers": {
              "Content-Type": "application/x-www-form-urlencoded"
            },
            "method": "POST",
            "url": "https://api.twilio.com/2010-04-01/Accounts/{account-sid}/Messages.json"
          }
        ],
        "segments": {
          "characters": 5,
          "count": 1,
          "encoding": "gsm-7"
        },
        "windowExpiresAt": null
      }
    }
    "#);
    let service = "MG0123456789abcdef0123456789abcdef";
    let mms = transform(&ours, &path, json!({ "body": "Hello", "media": media("image"), "from": service })).await;
    let mms = mms.expect(200)["transform"].clone();
    assert_eq!(
        mms["requests"][0]["body"],
        json!({ "To": "+15551234567", "MessagingServiceSid": service, "Body": "Hello", "MediaUrl": "https://example.com/f" })
    );
    assert_eq!(mms["segments"], Value::Null);
    let long = transform(&ours, &path, json!({ "body": "я".repeat(71) })).await.expect(200);
    assert_eq!(long["transform"]["segments"], json!({ "count": 2, "encoding": "ucs-2", "characters": 71 }));
    assert_eq!(long["transform"]["requests"][0]["body"]["From"], "{from}");
}

#[tokio::test]
async fn web_chat_request_works_on_this_api() {
    let world = World::new().await;
    let ours = world.server_key();
    for channel in ["live-chat", "web"] {
        let path = open(&ours, channel, "tab-1").await;
        for message in [json!({ "body": "Hello" }), json!({ "media": media("image") })] {
            let shown = requests(&ours, &path, message.clone()).await[0].clone();
            let url = shown["url"].as_str().expect("a path").to_owned();
            assert_eq!(url, format!("{path}/messages"));
            let said = ours.post(&url, &shown["body"]).await.expect(201)["message"].clone();
            assert_eq!(said["role"], "assistant");
            let name = message["body"].as_str().unwrap_or("f.pdf");
            assert_eq!(said["body"], name);
            let media = message.get("media").unwrap_or(&Value::Null);
            assert_eq!(said["metadata"].get("media").unwrap_or(&Value::Null), media);
        }
        let _ = transform(&ours, &path, json!({ "body": "a", "to": "1", "from": "2" }))
            .await
            .expect_invalid(&["to", "from"]);
    }
}

#[tokio::test]
async fn provider_limits_use_provider_units() {
    let world = World::new().await;
    let ours = world.server_key();
    for (channel, key, with, fits, exceeds, figures) in [
        ("whatsapp", "whatsapp_+491234567", None, "😀".repeat(4096), "😀".repeat(4097), "4096 characters; it has 4097"),
        (
            "whatsapp",
            "whatsapp_+491234567",
            Some("image"),
            "é".repeat(1024),
            "é".repeat(1025),
            "1024 characters when it is the caption of a file; it has 1025",
        ),
        (
            "whatsapp",
            "whatsapp_+491234567",
            Some("audio"),
            "é".repeat(4096),
            "é".repeat(4097),
            "4096 characters; it has 4097",
        ),
        ("messenger", "messenger_1", None, "é".repeat(2000), "é".repeat(2001), "2000 characters; it has 2001"),
        ("instagram", "instagram_1", None, "é".repeat(500), "é".repeat(501), "1000 bytes in UTF-8; it has 1002"),
        ("sms", "sms_+491234567", None, "a".repeat(1600), "a".repeat(1601), "1600 GSM-7 characters; it has 1601"),
        ("sms", "sms_+491234567", None, "€".repeat(800), "€".repeat(801), "1600 GSM-7 characters; it has 1602"),
        ("sms", "sms_+491234567", None, "😀".repeat(800), "😀".repeat(801), "1600 UCS-2 characters; it has 1602"),
    ] {
        let path = open(&ours, channel, key).await;
        let message = |text: &str| match with {
            Some(kind) => json!({ "body": text, "media": media(kind) }),
            None => json!({ "body": text }),
        };
        let _ = transform(&ours, &path, message(&fits)).await.expect(200);
        let problem = transform(&ours, &path, message(&exceeds)).await.expect_invalid(&["body"]);
        assert_eq!(problem["error"], format!("`body` must be at most {figures}."), "{channel}");
        let mut note = message(&exceeds);
        note["type"] = json!("note");
        let _ = transform(&ours, &path, note).await.expect(200);
    }
}

#[tokio::test]
async fn recipient_is_required() {
    let world = World::new().await;
    let ours = world.server_key();
    for (channel, wrong) in [("whatsapp", "0171"), ("sms", "491234567"), ("messenger", "ada"), ("instagram", "+1")] {
        let path = open(&ours, channel, "another_key").await;
        let _ = transform(&ours, &path, json!({ "body": "Hello" })).await.expect_invalid(&["to"]);
        let _ = transform(&ours, &path, json!({ "body": "Hello", "to": wrong })).await.expect_invalid(&["to"]);
    }
    let mut body = minimal_conversation();
    body["channel"] = json!("messenger");
    body["customer"]["id"] = json!("13579");
    body["message"] = json!({ "body": "Hi" });
    let path = format!("/api/v1/conversations/{}", ours.open(&body).await["id"].as_str().expect("an id"));
    let shown = requests(&ours, &path, json!({ "body": "Hello" })).await;
    assert_eq!(shown[0]["body"]["recipient"], json!({ "id": "13579" }));
}

#[tokio::test]
async fn sender_comes_from_inbox_settings() {
    let world = World::new().await;
    let ours = world.server_key();
    let settings = json!({
        "phoneNumberId": "1067", "pageId": "2067", "accountId": "3067", "from": "+15557654321", "maxBodyLength": 10,
    });
    for (channel, key, wanted) in [
        ("whatsapp", "whatsapp_+15551234567", "https://graph.facebook.com/v24.0/1067/messages"),
        ("messenger", "messenger_1", "https://graph.facebook.com/v24.0/2067/messages"),
        ("instagram", "instagram_1", "https://graph.instagram.com/v24.0/3067/messages"),
        ("sms", "sms_+15551234567", "https://api.twilio.com/2010-04-01/Accounts/3067/Messages.json"),
    ] {
        let path = open(&ours, channel, key).await;
        let make = async |of: &str| {
            let inbox = json!({ "name": of, "channel": of, "settings": settings });
            ours.post("/api/v1/inboxes", &inbox).await.expect(201)["inbox"]["id"].clone()
        };
        let _ = ours.patch(&path, &json!({ "inboxId": make(channel).await })).await.expect(200);
        let shown = requests(&ours, &path, json!({ "body": "Hello" })).await;
        assert_eq!(shown[0]["url"], wanted);
        if channel == "sms" {
            assert_eq!(shown[0]["body"]["From"], "+15557654321");
        }
        let said = requests(&ours, &path, json!({ "body": "Hello", "from": "4067" })).await;
        assert!(said[0].to_string().contains("4067"), "the request overrides the inbox: {said}");
        let problem = transform(&ours, &path, json!({ "body": "Hello world" })).await.expect_invalid(&["body"]);
        assert_eq!(problem["error"], "`body` must be at most 10 characters for this inbox; it has 11.");
        let _ = ours.patch(&path, &json!({ "inboxId": make("email").await })).await.expect(200);
        let other = requests(&ours, &path, json!({ "body": "Hello world" })).await;
        assert_ne!(other[0]["url"], wanted, "settings of another channel's inbox do not apply");
    }
}

#[tokio::test]
async fn channel_without_provider_is_reported() {
    let world = World::new().await;
    let ours = world.server_key();
    for channel in ["api", "email", "discord", "telegram", "voice", "callback", "playground"] {
        let path = open(&ours, channel, "key").await;
        let _ = transform(&ours, &path, json!({ "body": "Hello" })).await.expect_invalid(&["channel"]);
    }
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&ours, "whatsapp", "whatsapp_+491234567").await;
    let template = json!({ "name": "hello", "language": "de" });
    for (wrong, fields) in [
        (json!({}), vec!["body"]),
        (json!({ "text": "Hello" }), vec!["text"]),
        (json!({ "body": "" }), vec!["body"]),
        (json!({ "body": "Hello", "template": template }), vec!["template"]),
        (json!({ "media": media("image"), "template": template }), vec!["template"]),
        (json!({ "body": null, "to": null }), vec!["body", "to"]),
        (json!({ "media": { "type": "sticker", "url": "http://example.com" } }), vec!["media.type", "media.url"]),
        (json!({ "media": { "type": "image", "url": "https://" } }), vec!["media.url"]),
        (json!({ "media": { "type": "image", "url": "https://a b" } }), vec!["media.url"]),
        (json!({ "media": {} }), vec!["media.type", "media.url"]),
        (json!({ "template": { "name": "Hello", "language": "deutsch" } }), vec!["template.name", "template.language"]),
        (json!({ "template": { "name": "a", "language": "de", "components": ["x"] } }), vec!["template.components[0]"]),
        (json!({ "body": "Hello", "from": "a/b", "to": "a b" }), vec!["from", "to"]),
    ] {
        let _ = transform(&ours, &path, wrong).await.expect_invalid(&fields);
    }
    let unknown = "/api/v1/conversations/01900000-0000-7000-8000-000000000001";
    let _ = transform(&ours, unknown, json!({ "body": "Hello" })).await.expect_problem(404, "not_found");
    let theirs = transform(&world.other_workspace(), &path, json!({ "body": "Hello" })).await;
    let _ = theirs.expect_problem(404, "not_found");
}

#[tokio::test]
async fn transform_writes_nothing_and_is_deterministic() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&ours, "whatsapp", "whatsapp_+491234567").await;
    let before = ours.get(&path).await.bytes;
    let url = format!("{path}/messages/transform");
    let send = async |text: &str| {
        let ask = ours.ask(Method::POST, &url).header("idempotency-key", "k");
        ask.json(&json!({ "body": text })).send().await
    };
    let first = send("Hello").await;
    assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (200, None));
    let _ = send("Other words").await.expect_problem(422, "idempotency_key_reused");
    world.clock.advance_millis(DAY - 10_000);
    let again = send("Hello").await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &first.bytes));
    assert_eq!(ours.get(&path).await.bytes, before);
    let read_only = deskless_tests::KeyOptions {
        scopes: vec![deskless_domain::Scope::ReadConversations],
        ..deskless_tests::KeyOptions::default()
    };
    let key = world.make_key(read_only).await;
    let _ = transform(&world.with_key(&key), &path, json!({ "body": "a", "type": "note" })).await.expect(200);
    world.assert_sound().await;
}
