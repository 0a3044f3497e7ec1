use deskless_tests::World;
use http::Method;
use serde_json::json;

use super::{BASE, ask, items, open, own_path, user};

#[tokio::test]
async fn conversation_is_created_retrieved_and_deleted() {
    let world = World::new().await;
    let body = json!({ "metadata": { "topic": "demo" }, "items": [user("Hello!")] });
    let created = ask(&world, Method::POST, "", Some(&body)).await.expect(200);
    let id = created["id"].as_str().expect("an id");
    assert!(id.len() == 37 && id.starts_with("conv_"), "{id}");
    assert_eq!(created["object"], "conversation");
    assert_eq!(created["metadata"], json!({ "topic": "demo" }));
    assert!(created["created_at"].is_u64(), "{created}");
    assert_eq!(created.as_object().expect("an object").len(), 4);
    let path = format!("/{id}");
    assert_eq!(ask(&world, Method::GET, &path, None).await.expect(200), created);
    let gone = json!({ "id": id, "object": "conversation.deleted", "deleted": true });
    assert_eq!(ask(&world, Method::DELETE, &path, None).await.expect(200), gone);
    for (method, path) in
        [(Method::GET, path.clone()), (Method::DELETE, path.clone()), (Method::GET, format!("{path}/items"))]
    {
        let _ = ask(&world, method, &path, None).await.expect(404);
    }
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn conversation_needs_no_body() {
    let world = World::new().await;
    let created = world.server_key().ask(Method::POST, BASE).send().await.expect(200);
    assert_eq!(created["metadata"], json!({}));
    for body in [json!({}), json!({ "items": [] }), json!({ "items": null, "metadata": null })] {
        let path = open(&world, &body).await;
        assert_eq!(items(&world, &path).await, [] as [serde_json::Value; 0]);
        let empty = json!({ "object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false });
        assert_eq!(ask(&world, Method::GET, &format!("{path}/items"), None).await.expect(200), empty);
    }
}

#[tokio::test]
async fn customer_is_that_of_the_metadata_or_anonymous() {
    let world = World::new().await;
    let path =
        open(&world, &json!({ "metadata": { "customer_id": "cus_ada" }, "items": [user("Where is it?")] })).await;
    let ours = world.server_key().get(&own_path(&path)).await.expect(200)["conversation"].clone();
    assert_eq!((&ours["customer"]["id"], &ours["subject"]), (&json!("cus_ada"), &json!("Where is it?")));
    let _ = world.server_key().get("/api/v1/customers/cus_ada").await.expect(200);
    let path = open(&world, &json!({})).await;
    let ours = world.server_key().get(&own_path(&path)).await.expect(200)["conversation"].clone();
    assert!(ours["customer"]["id"].as_str().is_some_and(|id| id.starts_with("anon_")), "{ours}");
    assert_eq!(ours["subject"], "Conversation");
}

#[tokio::test]
async fn metadata_is_replaced_and_other_members_stay() {
    let world = World::new().await;
    let path = open(&world, &json!({ "metadata": { "a": "1", "b": "2" } })).await;
    let mixed = json!({ "metadata": { "a": "1", "n": 7, "bancroft": { "x": "y" } } });
    let _ = world.server_key().patch(&own_path(&path), &mixed).await.expect(200);
    assert_eq!(ask(&world, Method::GET, &path, None).await.expect(200)["metadata"], json!({ "a": "1" }));
    let updated = ask(&world, Method::POST, &path, Some(&json!({ "metadata": { "c": "3" } }))).await.expect(200);
    assert_eq!(updated["metadata"], json!({ "c": "3" }));
    assert_eq!(ask(&world, Method::GET, &path, None).await.expect(200), updated);
    let ours = world.server_key().get(&own_path(&path)).await.expect(200)["conversation"]["metadata"].clone();
    assert_eq!(ours, json!({ "c": "3", "n": 7, "bancroft": { "x": "y" } }));
    let cleared = ask(&world, Method::POST, &path, Some(&json!({ "metadata": null }))).await.expect(200);
    assert_eq!(cleared["metadata"], json!({}));
}

#[tokio::test]
async fn metadata_has_the_service_s_limits() {
    let world = World::new().await;
    // The longest metadata in UTF-8: 16 pairs of characters with four bytes.
    let key = |i: usize| format!("{i:02}{}", "𝄞".repeat(62));
    let longest: serde_json::Map<_, _> = (0..16).map(|i| (key(i), json!("𝄞".repeat(512)))).collect();
    let path = open(&world, &json!({ "metadata": longest })).await;
    assert_eq!(ask(&world, Method::GET, &path, None).await.expect(200)["metadata"], json!(longest));
    let updated = ask(&world, Method::POST, &path, Some(&json!({ "metadata": longest }))).await.expect(200);
    assert_eq!(updated["metadata"], json!(longest));
    let listed = world.server_key().get("/api/v1/conversations").await.expect(200);
    assert_eq!(listed["conversations"][0]["metadata"], json!(longest));
    world.assert_sound().await;
}
