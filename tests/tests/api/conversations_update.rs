use deskless_tests::{World, minimal_conversation};
use serde_json::{Value, json};

async fn patched(world: &World, path: &str, change: Value) -> Value {
    world.server_key().patch(path, &change).await.expect(200)["conversation"].clone()
}

#[tokio::test]
async fn solve_sets_and_reopen_clears_resolution() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let solved = patched(&world, &path, json!({ "status": "solved" })).await;
    assert_eq!((&solved["resolution"], &solved["closedAt"]), (&json!("resolved"), &json!("2026-06-28T18:00:02.000Z")));
    for status in ["waiting", "open"] {
        let opened = patched(&world, &path, json!({ "status": status })).await;
        assert_eq!((&opened["resolution"], &opened["closedAt"]), (&Value::Null, &Value::Null));
        assert_eq!(opened["status"], status);
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn solving_again_keeps_time_and_resolution() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let first = patched(&world, &path, json!({ "status": "solved", "resolution": "abandoned" })).await;
    let again = patched(&world, &path, json!({ "status": "solved" })).await;
    assert_eq!((&again["closedAt"], &again["resolution"]), (&first["closedAt"], &json!("abandoned")));
    let other = patched(&world, &path, json!({ "status": "solved", "resolution": "closed" })).await;
    assert_eq!((&other["closedAt"], &other["resolution"]), (&first["closedAt"], &json!("closed")));
}

#[tokio::test]
async fn resolution_alone_requires_solved_conversation() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let change = json!({ "resolution": "completed" });
    let _ = world.server_key().patch(&path, &change).await.expect_problem(422, "not_solved");
    let _ = patched(&world, &path, json!({ "status": "solved" })).await;
    assert_eq!(patched(&world, &path, change).await["resolution"], "completed");
    let both = json!({ "status": "open", "resolution": "closed" });
    let _ = world.server_key().patch(&path, &both).await.expect_problem(422, "not_solved");
    let now = world.server_key().get(&path).await.expect(200);
    assert_eq!(now["conversation"]["status"], "solved");
}

#[tokio::test]
async fn omitted_fields_are_unchanged() {
    let world = World::new().await;
    let mut body = minimal_conversation();
    body["tags"] = json!(["a"]);
    body["metadata"] = json!({ "k": 1 });
    let made = world.server_key().open(&body).await;
    let path = format!("/api/v1/conversations/{}", made["id"].as_str().expect("an id"));
    let changed = patched(&world, &path, json!({ "escalated": true })).await;
    let mut wanted = made.clone();
    wanted["escalated"] = json!(true);
    wanted["updatedAt"] = json!("2026-06-28T18:00:02.000Z");
    assert_eq!(changed, wanted);
}

#[tokio::test]
async fn tags_and_metadata_are_replaced_or_cleared() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let big = json!({ "k": "x".repeat(3000) });
    for (change, tags, metadata) in [
        (json!({ "tags": ["a", "b"], "metadata": { "a": 1 } }), json!(["a", "b"]), json!({ "a": 1 })),
        (json!({ "tags": ["c"], "metadata": { "b": [] } }), json!(["c"]), json!({ "b": [] })),
        (json!({ "metadata": big }), json!(["c"]), big.clone()),
        (json!({ "priority": "high" }), json!(["c"]), big.clone()),
        (json!({ "tags": null, "metadata": { "small": true } }), json!([]), json!({ "small": true })),
        (json!({ "metadata": null }), json!([]), json!({})),
    ] {
        let changed = patched(&world, &path, change.clone()).await;
        assert_eq!((&changed["tags"], &changed["metadata"]), (&tags, &metadata), "{change}");
        assert_eq!(world.server_key().get(&path).await.expect(200)["conversation"], changed);
    }
}

#[tokio::test]
async fn immutable_fields_are_refused() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    for field in ["channel", "source", "customer", "externalId", "sessionKey", "id", "number", "message", "createdAt"] {
        let _ = world.server_key().patch(&path, &json!({ field: "email" })).await.expect_invalid(&[field]);
    }
}

#[tokio::test]
async fn empty_patch_is_refused() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = world.server_key().patch(&path, &json!({})).await.expect_invalid(&[""]);
}

#[tokio::test]
async fn null_is_refused_for_required_fields() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let nulls = json!({ "status": null, "priority": null, "subject": null, "escalated": null, "resolution": null });
    let _ = world.server_key().patch(&path, &nulls).await.expect_invalid(&[
        "status",
        "priority",
        "subject",
        "escalated",
        "resolution",
    ]);
}

#[tokio::test]
async fn unknown_conversation_is_404_for_any_patch() {
    let world = World::new().await;
    let theirs = world.other_workspace().open_path().await;
    for change in [
        json!({ "status": "solved" }),
        json!({ "resolution": "closed" }),
        json!({ "metadata": { "k": "x".repeat(2000) } }),
    ] {
        let _ = world.server_key().patch(&theirs, &change).await.expect_problem(404, "not_found");
    }
    let mut untouched = world.other_workspace().get(&theirs).await.expect(200);
    assert_eq!(untouched["conversation"]["metadata"].take(), json!({}));
    world.assert_sound().await;
}
