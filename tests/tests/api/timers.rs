//! Snoozes that end by time, without anybody writing.

use deskless_domain::Clock;
use deskless_tests::{TestClock, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const CONVERSATIONS: &str = "/api/v1/conversations";
const HOUR: i64 = 3_600_000;

/// Opens a conversation that is snoozed for an hour, and returns its path.
async fn snoozed(world: &World) -> String {
    let until = world.clock.now().plus_seconds(3600).to_string();
    let mut body = minimal_conversation();
    body["snoozedUntil"] = json!(until);
    let opened = world.server_key().open(&body).await;
    assert_eq!(opened["snoozedUntil"], until);
    format!("{CONVERSATIONS}/{}", opened["id"].as_str().expect("an id"))
}

async fn get(world: &World, path: &str) -> Value {
    world.server_key().get(path).await.expect(200)["conversation"].clone()
}

/// Returns how many conversations the lists of snoozed and of other conversations have, and the counters of statuses.
async fn lists(world: &World) -> (usize, usize, Value) {
    let role = world.server_key();
    let mut lengths = [0; 2];
    for (length, snoozed) in lengths.iter_mut().zip(["true", "false"]) {
        let list = role.get(&format!("{CONVERSATIONS}?snoozed={snoozed}")).await.expect(200);
        *length = list["conversations"].as_array().map_or(0, Vec::len);
    }
    let counts = role.get(&format!("{CONVERSATIONS}/counts")).await.expect(200);
    (lengths[0], lengths[1], counts["counts"].clone())
}

async fn row(world: &World, path: &str) -> deskless_tests::Row {
    world.conversation_row(path.rsplit('/').next().expect("an id")).await.expect("the conversation")
}

#[tokio::test]
async fn sweep_ends_a_snooze_whose_time_has_passed() {
    let world = World::new().await;
    let path = snoozed(&world).await;
    let automation = json!({
        "name": "Woken", "trigger": "conversation.updated", "actions": [{ "action": "tag", "add": ["woken"] }],
    });
    let _ = world.server_key().post("/api/v1/automations", &automation).await.expect(201);
    world.clock.advance_millis(30_000);
    let _ = world.drain_events().await;
    assert_eq!(world.run_timers().await.found, 0);
    let before = get(&world, &path).await;
    let (asleep, awake, counts) = lists(&world).await;
    assert_eq!((asleep, awake), (1, 0));

    world.clock.advance_millis(HOUR);
    assert_eq!(lists(&world).await, (0, 1, counts.clone()), "awake by time, before anything is written");
    let now = world.clock.now();
    let swept = world.run_timers().await;
    assert_eq!((swept.found, swept.ended, swept.failed, swept.left), (1, 1, 0, 0));
    assert!((0..60).contains(&swept.late_seconds), "{swept:?}");
    let after = get(&world, &path).await;
    assert_eq!(after["snoozedUntil"], Value::Null);
    assert_eq!(after["updatedAt"], now.to_string());
    for field in ["status", "tags", "messageCount", "unreadCount", "awaitingReply", "lastActivityAt"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let row_after = row(&world, &path).await;
    assert_eq!(row_after.get("v"), Some("2"));
    assert!(!row_after.has("due") && !row_after.has("p5"));
    assert_eq!(lists(&world).await, (0, 1, counts), "the same lists as before");
    assert_eq!(world.run_timers().await.found, 0, "it is no longer due");

    let _ = world.drain_events().await;
    assert_eq!(get(&world, &path).await["tags"], json!(["woken"]), "automations see the change");
    let runs = world.server_key().get("/api/v1/automations").await.expect(200);
    let id = runs["automations"][0]["id"].as_str().expect("an id").to_owned();
    let runs = world.server_key().get(&format!("/api/v1/automations/{id}/executions")).await.expect(200);
    assert_eq!(runs["executions"].as_array().map(Vec::len), Some(1), "once");
    world.assert_settled().await;
}

#[tokio::test]
async fn changed_snooze_is_left_alone() {
    let world = World::new().await;
    let role = world.server_key();
    let [moved, cleared, past, answered, deleted, noted] = [
        snoozed(&world).await,
        snoozed(&world).await,
        snoozed(&world).await,
        snoozed(&world).await,
        snoozed(&world).await,
        snoozed(&world).await,
    ];
    let later = world.clock.now().plus_seconds(100_000).to_string();
    let earlier = world.clock.now().plus_seconds(-10).to_string();
    let _ = role.patch(&moved, &json!({ "snoozedUntil": later })).await.expect(200);
    let _ = role.patch(&cleared, &json!({ "snoozedUntil": null })).await.expect(200);
    let _ = role.patch(&past, &json!({ "snoozedUntil": earlier })).await.expect(200);
    let _ = role.post(&format!("{answered}/messages"), &json!({ "body": "Hello?" })).await.expect(201);
    let note = json!({ "type": "note", "body": "Still waiting." });
    let _ = role.post(&format!("{noted}/messages"), &note).await.expect(201);
    let _ = role.ask(Method::DELETE, &deleted).send().await.expect(204);
    for path in [&cleared, &past, &answered, &deleted] {
        let row = row(&world, path).await;
        assert!(!row.has("due") && !row.has("p5"), "{path}");
    }
    world.clock.advance_millis(2 * HOUR);
    let swept = world.run_timers().await;
    assert_eq!((swept.found, swept.ended), (1, 1), "only the one with a note");
    assert_eq!(get(&world, &noted).await["snoozedUntil"], Value::Null);
    assert_eq!(get(&world, &moved).await["snoozedUntil"], later);
    assert_eq!(get(&world, &past).await["snoozedUntil"], earlier, "what the caller wrote stays");
    world.clock.advance_millis(100 * HOUR);
    assert_eq!(world.run_timers().await.ended, 1, "the one that was moved");
    world.assert_sound().await;
}

#[tokio::test]
async fn snooze_that_changes_after_the_index_was_read_is_left_alone() {
    let world = World::new().await;
    let path = snoozed(&world).await;
    let tenant = world.tenant().await;
    let id = deskless_domain::ConversationId::parse(path.rsplit('/').next().expect("an id")).expect("an id");
    assert!(!tenant.end_snooze(id).await.expect("a response"), "its time has not come");
    world.clock.advance_millis(HOUR);
    let later = world.clock.now().plus_seconds(50).to_string();
    let _ = world.server_key().patch(&path, &json!({ "snoozedUntil": later })).await.expect(200);
    // A sweep has read the index before.
    assert!(!tenant.end_snooze(id).await.expect("a response"));
    assert_eq!(get(&world, &path).await["snoozedUntil"], later);
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    assert!(!tenant.end_snooze(id).await.expect("a response"), "a deleted conversation does not come back");
    world.assert_sound().await;
}

#[tokio::test]
async fn snooze_in_the_past_is_never_due() {
    let world = World::new().await;
    let mut body = minimal_conversation();
    body["snoozedUntil"] = json!("2020-01-01T00:00:00Z");
    let opened = world.server_key().open(&body).await;
    let path = format!("{CONVERSATIONS}/{}", opened["id"].as_str().expect("an id"));
    assert_eq!(opened["snoozedUntil"], "2020-01-01T00:00:00.000Z");
    assert!(!row(&world, &path).await.has("due"));
    assert_eq!(world.run_timers().await.found, 0);
    world.assert_sound().await;
}

/// A clock that goes back ends nothing early, and one that jumps ahead ends it once.
#[tokio::test]
async fn clock_may_step() {
    let world = World::new().await;
    let path = snoozed(&world).await;
    world.clock.advance_millis(-2 * HOUR);
    assert_eq!(world.run_timers().await.found, 0);
    world.clock.advance_millis(2 * HOUR);
    assert_eq!(world.run_timers().await.found, 0);
    world.clock.advance_millis(30 * 24 * HOUR);
    assert_eq!(world.run_timers().await.ended, 1);
    world.clock.advance_millis(-30 * 24 * HOUR);
    assert_eq!(world.run_timers().await.found, 0);
    assert_eq!(get(&world, &path).await["snoozedUntil"], Value::Null);
    assert_eq!(row(&world, &path).await.get("v"), Some("2"));
}

#[tokio::test]
async fn sweep_ends_snoozes_of_every_workspace() {
    let world = World::new().await;
    let _ = snoozed(&world).await;
    let mut body = minimal_conversation();
    body["snoozedUntil"] = json!(world.clock.now().plus_seconds(3600).to_string());
    let theirs = world.other_workspace().open(&body).await;
    world.clock.advance_millis(2 * HOUR);
    assert_eq!(world.run_timers().await.ended, 2);
    let path = format!("{CONVERSATIONS}/{}", theirs["id"].as_str().expect("an id"));
    let theirs = world.other_workspace().get(&path).await.expect(200);
    assert_eq!(theirs["conversation"]["snoozedUntil"], Value::Null);
}

/// Two processes whose clocks differ: the one that is behind does not undo what the other one has done.
#[tokio::test]
async fn process_with_another_clock_sees_the_end() {
    let world = World::new().await;
    let path = snoozed(&world).await;
    let behind = world.machine(TestClock::new(9));
    world.clock.advance_millis(2 * HOUR);
    assert_eq!(world.run_timers().await.ended, 1);
    let seen = world.server_key().at(&behind).get(&format!("{CONVERSATIONS}?snoozed=false")).await.expect(200);
    assert_eq!(seen["conversations"].as_array().map(Vec::len), Some(1), "{path}");
}
