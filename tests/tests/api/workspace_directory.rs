//! The store's directory of names that conversations show.

use deskless_domain::{InboxId, Kind, MemberId, PipelineId, StageId};
use deskless_store::TenantStore;
use deskless_tests::World;
use serde_json::{Value, json};

use super::workspace_support::delete;

const ALL: [Kind; 4] = [Kind::Inbox, Kind::Member, Kind::Assistant, Kind::Pipeline];

async fn tenant(world: &World) -> TenantStore {
    let credential = world.store.find_key(&world.key().secret).await.expect("it answers").expect("our key");
    world.store.tenant(&credential)
}

async fn made(world: &World, path: &str, one: &str, body: Value) -> Value {
    world.server_key().post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

#[tokio::test]
async fn names_include_archived_entries() {
    let world = World::new().await;
    let inbox = made(&world, "inboxes", "inbox", json!({ "name": "Support", "channel": "sms" })).await;
    let member = made(&world, "members", "member", json!({ "name": "Ada", "email": "a@b.c" })).await;
    let stages = json!([{ "name": "New" }, { "name": "Won" }]);
    let pipeline = made(&world, "pipelines", "pipeline", json!({ "name": "Sales", "stages": stages })).await;
    let _ = delete(&world, &format!("/api/v1/members/{}", id(&member))).await.expect(204);
    let left = json!({ "stages": [pipeline["stages"][1]] });
    let path = format!("/api/v1/pipelines/{}", id(&pipeline));
    let _ = world.server_key().patch(&path, &left).await.expect(200);

    let directory = tenant(&world).await.directory(&ALL).await.expect("names");
    let inbox = directory.inbox(InboxId::parse(id(&inbox)).expect("an id")).expect("the inbox");
    assert_eq!((inbox.name.as_str(), inbox.archived), ("Support", false));
    let member = directory.member(MemberId::parse(id(&member)).expect("an id")).expect("the member");
    assert_eq!((member.name.as_str(), member.archived), ("Ada", true));
    let of = PipelineId::parse(id(&pipeline)).expect("an id");
    assert_eq!(directory.pipeline(of).map(|entry| entry.name.as_str()), Some("Sales"));
    for (stage, name, archived) in [(0, "New", true), (1, "Won", false)] {
        let stage = StageId::parse(id(&pipeline["stages"][stage])).expect("an id");
        let (pipeline, entry) = directory.stage(stage).expect("the stage");
        assert_eq!((pipeline, entry.name.as_str(), entry.archived), (of, name, archived));
    }
    let _ = delete(&world, &path).await.expect(204);
    let directory = tenant(&world).await.fresh_directory(&[Kind::Pipeline]).await.expect("names");
    let won = StageId::parse(id(&pipeline["stages"][1])).expect("an id");
    assert!(directory.stage(won).is_some_and(|(_, entry)| entry.archived), "archiving a pipeline archives its stages");
}

#[tokio::test]
async fn names_are_cached_for_30_seconds() {
    let world = World::new().await;
    let inbox = made(&world, "inboxes", "inbox", json!({ "name": "Support", "channel": "sms" })).await;
    let inbox_id = InboxId::parse(id(&inbox)).expect("an id");
    let tenant = tenant(&world).await;
    let path = format!("/api/v1/inboxes/{}", id(&inbox));
    let rename = async |name: &str| world.server_key().patch(&path, &json!({ "name": name })).await.expect(200);
    let name = async || tenant.directory(&[Kind::Inbox]).await.expect("names").inbox(inbox_id).map(|e| e.name.clone());
    assert_eq!(name().await.as_deref(), Some("Support"));
    let _ = rename("Sales").await;
    assert_eq!(name().await.as_deref(), Some("Support"));
    world.clock.advance_millis(30_000);
    assert_eq!(name().await.as_deref(), Some("Sales"));
    let _ = rename("Care").await;
    let fresh = tenant.fresh_directory(&[Kind::Inbox]).await.expect("names");
    assert_eq!(fresh.inbox(inbox_id).map(|entry| entry.name.as_str()), Some("Care"));
    assert_eq!(name().await.as_deref(), Some("Care"), "a fresh read updates the cache");
    let made = made(&world, "inboxes", "inbox", json!({ "name": "New", "channel": "sms" })).await;
    let new = InboxId::parse(id(&made)).expect("an id");
    assert!(tenant.directory(&[Kind::Inbox]).await.expect("names").inbox(new).is_none());
    assert!(tenant.fresh_directory(&[Kind::Inbox]).await.expect("names").inbox(new).is_some());
}

#[tokio::test]
async fn names_beyond_one_megabyte_are_read() {
    let world = World::new().await;
    let long = json!({ "name": "a".repeat(120), "stages": vec![json!({ "name": "ü".repeat(120) }); 100] });
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(made(&world, "pipelines", "pipeline", long.clone()).await);
    }
    let directory = tenant(&world).await.directory(&[Kind::Pipeline]).await.expect("names");
    for made in ids {
        assert!(directory.pipeline(PipelineId::parse(id(&made)).expect("an id")).is_some());
    }
}
