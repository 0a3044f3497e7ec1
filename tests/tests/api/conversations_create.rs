use deskless_tests::{World, example_conversation, minimal_conversation};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

fn with(field: &str, value: Value) -> Value {
    let mut body = minimal_conversation();
    body[field] = value;
    body
}

#[tokio::test]
async fn minimal_conversation_has_all_fields() {
    let world = World::new().await;
    let mut conversation = world.server_key().open(&minimal_conversation()).await;
    assert_eq!(conversation["id"].take().as_str().map(str::len), Some(36));
    assert_json_snapshot!(conversation, @r#"
    {
      "assignee": null,
      "assigneeId": null,
      "assistant": null,
      "assistantId": null,
      "awaitingReply": false,
      "channel": "api",
      "closedAt": null,
      "createdAt": "2026-06-28T18:00:01.000Z",
      "customer": {
        "company": null,
        "email": null,
        "id": "cus_123",
        "identitySource": "headers",
        "name": null,
        "phone": null
      },
      "escalated": false,
      "externalId": null,
      "firstResponseAt": null,
      "id": null,
      "inbox": null,
      "inboxId": null,
      "lastMessageAt": "2026-06-28T18:00:01.000Z",
      "messageCount": 0,
      "metadata": {},
      "number": 1,
      "object": "conversation",
      "pipelineId": null,
      "preview": "Need help with auth",
      "priority": "medium",
      "resolution": null,
      "sessionKey": null,
      "snoozedUntil": null,
      "source": "api",
      "stage": null,
      "stageId": null,
      "status": "open",
      "subject": "Need help with auth",
      "tags": [],
      "unreadCount": 0,
      "updatedAt": "2026-06-28T18:00:01.000Z",
      "windowExpiresAt": null
    }
    "#);
}

#[tokio::test]
async fn every_field_is_stored() {
    let world = World::new().await;
    let said = json!({
        "subject": "Order 77",
        "customer": {
            "id": "cus_9", "name": "Grace", "email": "Grace@Example.com", "phone": "+49 123", "company": "Navy",
        },
        "externalId": "ext-1",
        "sessionKey": "whatsapp_+49123456789",
        "channel": "whatsapp",
        "source": "widget",
        "status": "solved",
        "resolution": "abandoned",
        "escalated": true,
        "priority": "urgent",
        "tags": ["vip", "billing", "vip"],
        "metadata": { "order": 77, "nested": { "list": [1, 2.5, null, "\u{1}"] } },
    });
    let made = world.server_key().open(&said).await;
    for member in [
        "subject",
        "externalId",
        "sessionKey",
        "channel",
        "source",
        "status",
        "resolution",
        "escalated",
        "priority",
        "metadata",
    ] {
        assert_eq!(made[member], said[member], "{member}");
    }
    assert_eq!(made["tags"], json!(["vip", "billing"]));
    assert_eq!(made["closedAt"], made["createdAt"]);
    for member in ["id", "name", "email", "phone", "company"] {
        assert_eq!(made["customer"][member], said["customer"][member], "{member}");
    }
    let path = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
    assert_eq!(world.server_key().get(&path).await.expect(200)["conversation"], made);
    world.assert_sound().await;
}

#[tokio::test]
async fn every_channel_and_source_is_accepted() {
    let world = World::new().await;
    for channel in deskless_domain::Channel::ALL {
        let made = world.server_key().open(&with("channel", json!(channel))).await;
        assert_eq!(made["channel"], json!(channel));
    }
    for source in deskless_domain::Source::ALL {
        assert_eq!(world.server_key().open(&with("source", json!(source))).await["source"], json!(source));
    }
}

#[tokio::test]
async fn numbers_increase_per_workspace() {
    let world = World::new().await;
    for wanted in 1..=3 {
        assert_eq!(world.server_key().open(&minimal_conversation()).await["number"], wanted);
    }
    assert_eq!(world.other_workspace().open(&minimal_conversation()).await["number"], 1);
}

#[tokio::test]
async fn response_has_location_and_etag() {
    let world = World::new().await;
    let answer = world.server_key().post(PATH, &minimal_conversation()).await;
    let location = answer.header("location").expect("a location").to_owned();
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let body = answer.expect(201);
    assert_eq!(location, format!("{PATH}/{}", body["conversation"]["id"].as_str().expect("an id")));
    assert_eq!(world.server_key().get(&location).await.expect(200), body);
}

#[tokio::test]
async fn first_message_is_created_with_conversation() {
    let world = World::new().await;
    let made = world.server_key().open(&with("message", json!({ "body": "Hello?\nAnybody?" }))).await;
    assert_eq!(made["preview"], "Hello?\nAnybody?");
    assert_eq!((&made["messageCount"], &made["unreadCount"]), (&json!(1), &json!(1)));
    assert_eq!(made["awaitingReply"], true);
    assert_eq!(made["lastMessageAt"], made["createdAt"]);
    let thread = format!("{PATH}/{}/messages", made["id"].as_str().expect("an id"));
    let messages = world.server_key().get(&thread).await.expect(200)["messages"].clone();
    assert_eq!(messages[0]["body"], "Hello?\nAnybody?");
    assert_eq!(messages.as_array().map(Vec::len), Some(1));
    world.assert_sound().await;
}

#[tokio::test]
async fn first_note_does_not_change_preview() {
    let world = World::new().await;
    let made = world.server_key().open(&with("message", json!({ "type": "note", "body": "Rings often" }))).await;
    assert_eq!(made["preview"], "Need help with auth");
    assert_eq!((&made["messageCount"], &made["unreadCount"]), (&json!(1), &json!(0)));
    assert_eq!(made["awaitingReply"], false);
    world.assert_sound().await;
}

#[tokio::test]
async fn invalid_first_message_creates_nothing() {
    let world = World::new().await;
    let answer = world.server_key().post(PATH, &with("message", json!({ "body": "", "rôle": 1 }))).await;
    let _ = answer.expect_invalid(&["message.body", "message.rôle"]);
    assert!(!world.rows().await.iter().any(|row| row.pk().contains("#C#")));
}

#[tokio::test]
async fn external_id_is_unique_per_workspace() {
    let world = World::new().await;
    let _ = world.server_key().open(&example_conversation()).await;
    let _ = world.other_workspace().open(&example_conversation()).await;
    world.assert_sound().await;
}

#[tokio::test]
async fn resolution_requires_status_solved() {
    let world = World::new().await;
    let answer = world.server_key().post(PATH, &with("resolution", json!("closed"))).await;
    let _ = answer.expect_problem(422, "not_solved");
}

#[tokio::test]
async fn metadata_of_any_size_is_returned_everywhere() {
    let world = World::new().await;
    for size in [10, 1023, 1024, 1025, 4096] {
        let metadata = json!({ "k": "x".repeat(size - 8) });
        let made = world.server_key().open(&with("metadata", metadata.clone())).await;
        assert_eq!(made["metadata"], metadata);
        let path = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
        assert_eq!(world.server_key().get(&path).await.expect(200)["conversation"], made);
        let list = world.server_key().get("/api/v1/conversations?limit=1").await.expect(200);
        assert_eq!(list["conversations"][0], made);
    }
    let _ = world
        .server_key()
        .post(PATH, &with("metadata", json!({ "k": "x".repeat(4097 - 8) })))
        .await
        .expect_invalid(&["metadata"]);
}
