//! What operators do with whole workspaces.

use std::collections::BTreeSet;

use deskless_domain::{ConversationId, WorkspaceId};
use deskless_store::{Operator, StoreError, WorkspaceDeletion};
use deskless_tests::{World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

/// Creates 25 conversations of five customers.
async fn conversations(world: &World) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for i in 0..25 {
        let mut body = minimal_conversation();
        body["customer"] = json!({ "id": format!("cus_{}", i % 5) });
        ids.insert(world.server_key().open(&body).await["id"].as_str().expect("an id").to_owned());
    }
    ids
}

/// Walks a list with small pages.
async fn walk(world: &World, path: &str, list: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.server_key().get(&format!("{path}limit=3{cursor}")).await.expect(200);
        found.extend(
            page[list].as_array().expect("rows").iter().map(|row| row["id"].as_str().expect("an id").to_owned()),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

async fn set_shards(world: &World, count: u8) {
    let change = world.operator().start_shard_change(world.workspace, count).await.expect("a change");
    assert!(change.ready_at > world.store.clock().now(), "processes need time to read the new partitions");
    world.clock.advance_millis(20_000);
    change.finish().await.expect("nothing else changes the shards");
    world.clock.advance_millis(20_000);
}

#[tokio::test]
async fn lists_are_complete_after_shards_change() {
    let world = World::new().await;
    let mut ids = conversations(&world).await;
    for count in [8, 3, 64] {
        set_shards(&world, count).await;
        ids.extend(conversations(&world).await);
        for query in ["?", "?status=open&", "?sort=createdAt&", "?sort=createdAt&order=asc&"] {
            let found = walk(&world, &format!("{PATH}{query}"), "conversations").await;
            assert_eq!(found.len(), ids.len(), "{count} shards, {query}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), ids, "{count} shards, {query}");
        }
        assert_eq!(walk(&world, "/api/v1/customers?", "customers").await.len(), 5, "{count} shards");
    }
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn invalid_numbers_of_shards_change_nothing() {
    let world = World::new().await;
    for count in [0, 65, 255] {
        let refused = world.operator().start_shard_change(world.workspace, count).await;
        assert!(matches!(&refused, Err(StoreError::Busy(text)) if text.contains("1 to 64")), "{count}: {refused:?}");
    }
    let nobody = WorkspaceId::generate(world.store.clock());
    let unknown = world.operator().start_shard_change(nobody, 2).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    let row = world.row(&world.prefix(), "A").await.expect("the workspace");
    assert!(!row.has("readShards") && !row.has("writeShards"), "{row:?}");
}

#[tokio::test]
async fn second_change_of_shards_replaces_an_interrupted_one() {
    let world = World::new().await;
    let first = world.operator().start_shard_change(world.workspace, 4).await.expect("a change");
    let second = world.operator().start_shard_change(world.workspace, 2).await.expect("the first was interrupted");
    assert!(second.ready_at > world.store.clock().now());
    second.finish().await.expect("the second");
    assert!(matches!(first.finish().await, Err(StoreError::Busy(_))), "the second has changed what is written to");
}

async fn remove_everything(deletion: &WorkspaceDeletion) {
    while deletion.remove_items().await.expect("the engine responds") > 0 {}
    deletion.finish().await.expect("the engine responds");
}

#[tokio::test]
async fn deleted_workspace_leaves_nothing() {
    let world = World::new().await;
    let ours = world.server_key();
    // So there are a log, deliveries and attempts.
    let endpoint = json!({ "url": "https://hooks.example.com/a" });
    let _ = ours.post("/api/v1/webhook-endpoints", &endpoint).await.expect(201);
    let ids = conversations(&world).await;
    let id = ids.first().expect("a conversation");
    let _ = ours.post(&format!("{PATH}/{id}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let _ = ours.upload(&json!(id), "a.txt", "hello").await;
    let _ = ours.post("/api/v1/inboxes", &json!({ "name": "Support", "channel": "api" })).await.expect(201);
    let theirs = world.other_workspace().open(&minimal_conversation()).await;
    let _ = world.drain_events().await;
    world.deliver_webhooks().await;
    let before = world.foreign_rows().await;
    // With the bucket, for the files.
    let operator = Operator::new(world.store.clone());
    let deletion = operator.start_deletion(world.workspace).await.expect("a deletion");
    world.clock.advance_millis(20_000);
    let refused = ours.ask(Method::GET, PATH).skip_validation().send_now().await;
    assert_eq!(refused.status, 401, "the key has stopped working");
    let repeated = operator.start_deletion(world.workspace).await.expect("a repeated start");
    assert_eq!(repeated.ready_at, deletion.ready_at, "the first start counts");
    remove_everything(&deletion).await;
    let prefix = world.prefix();
    let left: Vec<_> = world.all_rows().await.into_iter().filter(|row| row.0.to_string().contains(&prefix)).collect();
    assert!(left.is_empty(), "{left:?}");
    let workspace = world.workspace.to_string();
    let named: Vec<_> =
        world.all_rows().await.into_iter().filter(|row| row.0.to_string().contains(&workspace)).collect();
    assert!(named.is_empty(), "{named:?}");
    assert!(world.objects().is_empty());
    assert_eq!(world.foreign_rows().await, before, "the other workspace is untouched");
    let _ = world.drain_events().await;
    let found: Value =
        world.other_workspace().get(&format!("{PATH}/{}", theirs["id"].as_str().expect("an id"))).await.expect(200);
    assert!(ConversationId::parse(found["conversation"]["id"].as_str().expect("an id")).is_some());
    let gone = operator.start_deletion(world.workspace).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
}
