//! The rotation of the data key.

use deskless_domain::Clock;
use deskless_store::SecretsMoved;
use deskless_tests::{TestClock, World};
use serde_json::json;

use super::{CONVERSATIONS, Secrets};

const READY: i64 = 180_000;

/// Returns the data keys that encrypt the stored secrets.
async fn data_keys_in_use(world: &World) -> Vec<String> {
    let rows = world.all_rows().await;
    let text = rows.iter().map(|row| row.0.to_string()).collect::<String>();
    let keys = text.split("sealed1.").skip(1).filter_map(|rest| rest.split_once('.'));
    let mut keys: Vec<_> = keys.map(|(key, _)| key.to_owned()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

async fn stored_data_keys(world: &World) -> usize {
    let row = world.row("DK", "A").await.expect("the data keys");
    row.0["keys"]["M"].as_object().expect("a map").len()
}

#[tokio::test]
async fn rotation_moves_every_secret_to_a_new_data_key() {
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    let before = data_keys_in_use(world).await;
    let etag = world.server_key().get(&secrets.automation).await.header("etag").map(str::to_owned);
    let rotation = world.operator().start_secrets_rotation().await.expect("started");
    assert_eq!((before.len(), rotation.is_resumed, stored_data_keys(world).await), (1, false, 2));
    secrets.assert_usable().await;

    // Two identity secrets and the anonymous one, one of the other workspace, a webhook's, two of an inbox and
    // three of a webhook endpoint.
    let moved = rotation.move_secrets().await.expect("moved");
    assert_eq!(moved, SecretsMoved { found: 10, moved: 10, skipped: 0 });
    let after = data_keys_in_use(world).await;
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    world.clock.advance_millis(READY);
    assert!(world.clock.now() >= rotation.ready_at);
    assert_eq!(rotation.move_secrets().await.expect("moved"), SecretsMoved { found: 10, moved: 0, skipped: 0 });
    rotation.finish().await.expect("finished");
    assert_eq!(stored_data_keys(world).await, 1);
    world.clock.advance_millis(READY);
    secrets.assert_usable().await;
    let unchanged = world.server_key().get(&secrets.automation).await.header("etag").map(str::to_owned);
    assert_eq!(unchanged, etag, "clients see no change");
}

#[tokio::test]
async fn interrupted_rotation_continues() {
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    let _ = world.operator().start_secrets_rotation().await.expect("started");
    let again = world.operator().start_secrets_rotation().await.expect("started");
    assert!(again.is_resumed);
    assert_eq!(stored_data_keys(world).await, 2, "no further data key");
    assert_eq!(again.move_secrets().await.expect("moved").moved, 10);
    again.finish().await.expect("finished");
    assert!(!world.operator().start_secrets_rotation().await.expect("started").is_resumed);
    assert!(again.finish().await.is_err(), "a later rotation is not cut short");
}

#[tokio::test]
async fn rotation_finds_what_requests_wrote_meanwhile() {
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    // This process encrypts with the previous data key for up to a minute.
    let slow = world.machine(TestClock::new(99));
    let inbox = |name: &str| json!({ "name": name, "channel": "sms", "settings": { "appSecret": "app-secret-3" } });
    let create = async |name| {
        let _ = world.server_key().at(&slow).post("/api/v1/inboxes", &inbox(name)).await.expect(201);
    };
    create("Before").await;
    let rotation = world.operator().start_secrets_rotation().await.expect("started");
    create("Meanwhile").await;
    assert_eq!(rotation.move_secrets().await.expect("moved").moved, 12);
    create("After the first walk").await;
    assert_eq!(rotation.move_secrets().await.expect("moved").moved, 1);
    slow.clock.advance_millis(60_000);
    create("Later").await;
    let walk = rotation.move_secrets().await.expect("moved");
    assert_eq!((walk.moved, walk.skipped), (0, 0), "every process has the new data key");
    assert_eq!(data_keys_in_use(world).await.len(), 1);
}

#[tokio::test]
async fn stale_write_of_a_secret_is_moved_again() {
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    let stale = secrets.workspace_row().await;
    let rotation = world.operator().start_secrets_rotation().await.expect("started");
    assert_eq!(rotation.move_secrets().await.expect("moved").moved, 10);
    world.put(&stale).await;
    assert_eq!(rotation.move_secrets().await.expect("moved").moved, 3);
    world.clock.advance_millis(READY);
    secrets.assert_usable().await;
}

#[tokio::test]
async fn data_keys_are_decrypted_only_for_requests_that_need_a_secret() {
    let secrets = Secrets::new().await;
    let world = &secrets.world;
    // Every cache of the process has expired.
    world.clock.advance_millis(300_000);
    let _ = world.data_keys.take_calls();
    let ours = world.server_key();
    for path in [
        CONVERSATIONS,
        "/api/v1/automations",
        &secrets.automation,
        &secrets.inbox,
        &secrets.endpoint,
        "/api/v1/api-keys",
    ] {
        let _ = ours.get(path).await.expect(200);
    }
    let _ = ours.patch(&secrets.inbox, &json!({ "name": "Renamed" })).await.expect(200);
    assert_eq!(world.data_keys.take_calls(), Vec::<&str>::new());
    let browser = world.client_key().on_behalf_of(&world.token(&secrets.identity, "cus_123"));
    for _ in 0..3 {
        world.clock.advance_millis(25_000);
        let _ = browser.get(CONVERSATIONS).await.expect(200);
    }
    assert_eq!(world.data_keys.take_calls(), ["kms:Decrypt"], "once in five minutes");
}
