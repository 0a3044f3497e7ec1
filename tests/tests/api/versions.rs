use deskless_tests::{TestResponse, World};
use http::Method;
use serde_json::json;

async fn patch(world: &World, path: &str, tag: &str) -> TestResponse {
    let ask = world.server_key().ask(Method::PATCH, path).header("if-match", tag);
    ask.json(&json!({ "priority": "high" })).send().await
}

async fn get(world: &World, path: &str, tag: &str) -> TestResponse {
    world.server_key().ask(Method::GET, path).header("if-none-match", tag).send().await
}

#[tokio::test]
async fn update_honours_if_match() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let tag = world.server_key().get(&path).await.header("etag").expect("a tag").to_owned();
    let changed = patch(&world, &path, &tag).await;
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    let _ = changed.expect(200);
    let _ = patch(&world, &path, &tag).await.expect_problem(412, "version_mismatch");
    let _ = patch(&world, &path, "\"1\", \"2\"").await.expect(200);
    let _ = patch(&world, &path, "*").await.expect(200);
    for wrong in ["\"99\"", "W/\"4\"", "\"\"", "\"nonsense\""] {
        let _ = patch(&world, &path, wrong).await.expect_problem(412, "version_mismatch");
    }
    for malformed in ["4", "\"4", "", "\"1\" \"2\""] {
        let _ = patch(&world, &path, malformed).await.expect_invalid(&["If-Match"]);
    }
    let many = (0..51).map(|i| format!("\"{i}\"")).collect::<Vec<_>>().join(", ");
    let _ = patch(&world, &path, &many).await.expect_invalid(&["If-Match"]);
}

#[tokio::test]
async fn message_increments_conversation_version() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let note = json!({ "type": "note", "body": "Hm" });
    let _ = world.server_key().post(&format!("{path}/messages"), &note).await.expect(201);
    let _ = patch(&world, &path, "\"1\"").await.expect_problem(412, "version_mismatch");
    let _ = patch(&world, &path, "\"2\"").await.expect(200);
}

#[tokio::test]
async fn if_match_on_unknown_conversation_is_404() {
    let world = World::new().await;
    let theirs = world.other_workspace().open_path().await;
    let _ = patch(&world, &theirs, "\"1\"").await.expect_problem(404, "not_found");
    let _ = patch(&world, &theirs, "\"9\"").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn if_none_match_returns_304() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    for tag in ["\"1\"", "W/\"1\"", "*", "\"7\", \"1\"", "\"1-gzip\""] {
        let answer = get(&world, &path, tag).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{tag}");
        assert_eq!(answer.header("etag"), Some("\"1\""));
    }
    let _ = get(&world, &path, "\"2\"").await.expect(200);
    let _ = get(&world, &path, "1").await.expect_invalid(&["If-None-Match"]);
    let messages = format!("{path}/messages");
    let said = world.server_key().post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    let message = format!("{messages}/{}", said["message"]["id"].as_str().expect("an id"));
    assert_eq!(get(&world, &message, "\"1\"").await.status.as_u16(), 304);
}

#[tokio::test]
async fn compressed_response_has_matching_etag() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let ask = world.server_key().ask(Method::GET, &path).header("accept-encoding", "gzip").skip_validation();
    let answer = ask.send().await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let tag = answer.header("etag").expect("a tag").to_owned();
    assert_eq!(tag, "\"1-gzip\"");
    assert_eq!(get(&world, &path, &tag).await.status.as_u16(), 304);
    let _ = patch(&world, &path, &tag).await.expect(200);
}

/// Items that were written before versions existed have no `version` attribute, which counts as 1.
#[tokio::test]
async fn items_without_version_can_be_updated() {
    let world = World::new().await;
    let role = world.server_key();
    let key = json!({ "name": "a", "scopes": ["read:files"] });
    let key = role.post("/api/v1/api-keys", &key).await.expect(201)["apiKey"]["id"].clone();
    let key = format!("/api/v1/api-keys/{}", key.as_str().expect("an id"));
    let customers = ["cus_1", "cus_2"].map(|id| format!("/api/v1/customers/{id}"));
    for id in ["cus_1", "cus_2"] {
        let _ = role.post("/api/v1/customers", &json!({ "id": id, "name": "Ada" })).await.expect(201);
    }
    for mut row in world.rows().await {
        if row.get("version") == Some("1") {
            row.set("version", json!(null));
            world.put(&row).await;
        }
    }
    let etag = |answer: &TestResponse| answer.header("etag").map(str::to_owned);
    let updated = role.patch(&key, &json!({ "name": "b" })).await;
    assert_eq!(etag(&updated).as_deref(), Some("\"2\""));
    let _ = role.ask(Method::DELETE, &key).send().await.expect(204);
    let updated = role.patch(&customers[0], &json!({ "name": "Ada King" })).await;
    assert_eq!(etag(&updated).as_deref(), Some("\"2\""));
    // Another name with a new conversation is an update of the record too.
    let with_name = json!({ "subject": "Hi", "customer": { "id": "cus_2", "name": "Grace" } });
    let _ = role.open(&with_name).await;
    assert_eq!(etag(&role.get(&customers[1]).await).as_deref(), Some("\"2\""));
    let _ = role.ask(Method::DELETE, &customers[1]).send().await.expect(202);
    let _ = world.drain_events().await;
}
