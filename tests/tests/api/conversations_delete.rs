use deskless_domain::Clock;
use deskless_tests::{Delivery, World, example_conversation, minimal_conversation, packed};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

fn path_of(conversation: &Value) -> String {
    format!("{PATH}/{}", conversation["id"].as_str().expect("an id"))
}

async fn delete(world: &World, path: &str) -> deskless_tests::TestResponse {
    world.server_key().ask(Method::DELETE, path).send().await
}

/// Creates a conversation with an external ID, large metadata and three messages.
async fn full(world: &World) -> String {
    let mut body = example_conversation();
    body["metadata"] = json!({ "large": "x".repeat(2000) });
    let path = path_of(&world.server_key().open(&body).await);
    for text in ["one", "two", "three"] {
        let _ = world.server_key().post(&format!("{path}/messages"), &json!({ "body": text })).await.expect(201);
    }
    path
}

#[tokio::test]
async fn deleted_conversation_is_gone_at_once() {
    let world = World::new().await;
    let path = full(&world).await;
    let server = world.server_key();
    let thread = server.get(&format!("{path}/messages")).await.expect(200);
    let message = thread["messages"][0]["id"].as_str().expect("an id").to_owned();
    let answer = delete(&world, &path).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));

    let _ = server.get(&path).await.expect_problem(404, "not_found");
    let _ = server.get(&format!("{path}/messages")).await.expect_problem(404, "not_found");
    let _ = server.get(&format!("{path}/messages/{message}")).await.expect_problem(404, "not_found");
    let _ = server.patch(&path, &json!({ "priority": "high" })).await.expect_problem(404, "not_found");
    let _ = server.post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect_problem(404, "not_found");
    for query in ["", "?status=open", "?customerId=cus_123", "?externalId=ticket_123"] {
        assert_eq!(server.get(&format!("{PATH}{query}")).await.expect(200)["conversations"], json!([]), "{query}");
    }
    let _ = delete(&world, &path).await.expect_problem(404, "not_found");
    world.assert_sound().await;
}

#[tokio::test]
async fn delete_frees_external_id_at_once() {
    let world = World::new().await;
    let path = full(&world).await;
    let _ = delete(&world, &path).await.expect(204);
    let again = world.server_key().open(&example_conversation()).await;
    assert_eq!(again["externalId"], "ticket_123");
    let _ = world.drain_events().await;
    let _ = world.server_key().get(&path_of(&again)).await.expect(200);
    world.assert_settled().await;
}

#[tokio::test]
async fn items_are_purged_in_background() {
    let world = World::new().await;
    let path = full(&world).await;
    let _ = delete(&world, &path).await.expect(204);
    let pk = world.pk("C", path.rsplit('/').next().expect("an id"));
    let left = async || world.rows().await.into_iter().filter(|row| row.pk() == pk).collect::<Vec<_>>();
    assert!(left().await.len() > 4, "nothing is removed yet");
    let _ = world.drain_events().await;
    // The counted state is kept for seven days, so that a late record counts nothing.
    let left = left().await;
    let [counted] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!(counted.sk(), "Z", "{counted:?}");
    let days = counted.number("expiresAt").saturating_sub(world.clock.now().as_seconds().unsigned_abs()) / 86_400;
    assert!((6..=7).contains(&days), "{counted:?}");
    world.assert_settled().await;
}

#[tokio::test]
async fn tombstone_contains_no_user_content() {
    let world = World::new().await;
    let path = full(&world).await;
    let _ = delete(&world, &path).await.expect(204);
    let rows = world.rows().await;
    let tombstone = rows.iter().find(|row| row.has("deletedAt") && row.sk() == "A").expect("a tombstone");
    let text = tombstone.0.to_string();
    for word in ["Ada", "ada@example.com", "Need help", "three", "ticket_123"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    for attribute in
        ["assigneeId", "customer", "metadata", "p2", "p3", "p4", "preview", "sessionKey", "subject", "tags"]
    {
        assert!(!tombstone.has(attribute), "{attribute}: {text}");
    }
}

#[tokio::test]
async fn deletion_is_audited_for_90_days() {
    let world = World::new().await;
    let path = full(&world).await;
    let ask = world.server_key().ask(Method::DELETE, &path).json(&json!({ "reason": "Asked for by the customer" }));
    let _ = ask.send().await.expect(204);
    let _ = world.drain_events().await;
    let prefix = format!("{}#L", world.prefix());
    let rows = world.rows().await;
    let rows: Vec<_> =
        rows.iter().filter(|row| row.pk() == prefix && row.get("action") == Some("conversation.deleted")).collect();
    let [audit] = rows[..] else { panic!("{rows:?}") };
    assert_eq!(audit.get("objectId"), path.rsplit('/').next());
    assert_eq!(audit.get("number"), Some("1"));
    assert_eq!(audit.get("reason"), Some("Asked for by the customer"));
    assert_eq!(audit.get("keyId"), Some(world.key().key.id.to_string().as_str()));
    let listed = world.server_key().get("/api/v1/audit-log?action=conversation.deleted").await.expect(200);
    assert_eq!(listed["auditEntries"][0]["reason"], "Asked for by the customer");
    world.clock.advance_millis(90 * 86_400_000);
    let listed = world.server_key().get("/api/v1/audit-log").await.expect(200);
    assert_eq!(listed["auditEntries"], json!([]));
}

#[tokio::test]
async fn delete_honours_if_match() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = world.server_key().patch(&path, &json!({ "priority": "high" })).await.expect(200);
    let ask = |tag: &str| world.server_key().ask(Method::DELETE, &path).header("if-match", tag);
    let _ = ask("\"1\"").send().await.expect_problem(412, "version_mismatch");
    let _ = world.server_key().get(&path).await.expect(200);
    let _ = ask("\"2\"").send().await.expect(204);
    let _ = ask("\"2\"").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn reason_length_is_limited() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let ask = |body: Value| world.server_key().ask(Method::DELETE, &path).json(&body);
    let _ = ask(json!({ "reason": "x".repeat(501) })).send().await.expect_invalid(&["reason"]);
    let _ = ask(json!({ "reason": "" })).send().await.expect_invalid(&["reason"]);
    let _ = ask(json!({ "why": "x" })).send().await.expect_invalid(&["why"]);
    let _ = ask(json!({ "reason": "x".repeat(500) })).send().await.expect(204);
}

#[tokio::test]
async fn foreign_conversation_cannot_be_deleted() {
    let world = World::new().await;
    let theirs = world.other_workspace().open_path().await;
    let _ = delete(&world, &theirs).await.expect_problem(404, "not_found");
    let _ = world.other_workspace().get(&theirs).await.expect(200);
}

#[tokio::test]
async fn multi_step_purge_survives_duplicates_and_failures() {
    let world = World::new().await;
    let path = full(&world).await;
    let id = packed(path.rsplit('/').next().expect("an id"));
    let rows = world.rows().await;
    let message = rows.iter().find(|row| row.pk().ends_with(&id) && row.sk().starts_with("M#")).expect("a message");
    let planted: Vec<_> = (0..1200)
        .map(|i| {
            let mut row = message.clone();
            row.0["sk"] = json!({ "S": format!("M#{}", packed(format!("019f0f63-6500-7232-afd6-{i:012}"))) });
            row
        })
        .collect();
    world.plant(&planted).await;
    let _ = delete(&world, &path).await.expect(204);
    let _ = world.drain_events_as(Delivery { duplicated_percent: 50, shuffled: true, failing_percent: 30 }).await;
    assert!(!world.rows().await.iter().any(|row| row.pk().ends_with(&id) && row.sk() != "Z"), "items are left");
    world.assert_settled().await;
}

#[tokio::test]
async fn customer_update_reaches_every_conversation() {
    let world = World::new().await;
    let server = world.server_key();
    let before = server.open(&example_conversation()).await;
    let other = server.open(&minimal_conversation()).await;
    let stranger = json!({ "subject": "Hi", "customer": { "id": "cus_9", "name": "Ada Lovelace" } });
    let stranger = server.open(&stranger).await;
    let _ = server.patch("/api/v1/customers/cus_123", &json!({ "name": "Ada King", "phone": "+1" })).await.expect(200);
    let _ = world.drain_events_as(Delivery { duplicated_percent: 30, ..Delivery::default() }).await;
    for conversation in [&before, &other] {
        let answer = server.get(&path_of(conversation)).await;
        assert_ne!(answer.header("etag"), Some("\"1\""), "the customer has a new version");
        let now = answer.expect(200)["conversation"].clone();
        assert_eq!((&now["customer"]["name"], &now["customer"]["phone"]), (&json!("Ada King"), &json!("+1")));
        assert_eq!(now["updatedAt"], conversation["updatedAt"]);
        assert_eq!(now["lastMessageAt"], conversation["lastMessageAt"]);
    }
    assert_eq!(server.get(&path_of(&stranger)).await.expect(200)["conversation"], stranger);
    world.assert_settled().await;
}

#[tokio::test]
async fn customer_update_is_applied_in_steps() {
    let world = World::new().await;
    let server = world.server_key();
    for _ in 0..230 {
        let _ = server.open_path().await;
    }
    let _ = server.patch("/api/v1/customers/cus_123", &json!({ "name": "Ada" })).await.expect(200);
    let _ = server.patch("/api/v1/customers/cus_123", &json!({ "name": "Ada King" })).await.expect(200);
    let _ = world.drain_events_as(Delivery { duplicated_percent: 30, shuffled: true, failing_percent: 30 }).await;
    let ours = format!("{}#C#", world.prefix());
    for row in world.rows().await.iter().filter(|row| row.pk().starts_with(&ours) && row.sk() == "A") {
        assert_eq!(row.customer("name"), Some("Ada King"), "{}", row.pk());
    }
    world.assert_settled().await;
}
