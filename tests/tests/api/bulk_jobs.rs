//! Bulk actions that run in the background.

use deskless_tests::{Delivery, Worker, World, minimal_conversation, record};
use http::Method;
use serde_json::{Value, json};

use super::bulk_actions::{PATH, conversation, counts, opened};

fn path_of(bulk: &Value) -> String {
    format!("{PATH}/{}", bulk["bulkAction"]["id"].as_str().expect("an id"))
}

/// Delivers the action's current item to the worker, which takes one step.
async fn step(world: &World, path: &str) {
    let id = path.rsplit('/').next().expect("an id");
    let row = world.row(&world.pk("B", id), "A").await.expect("the action");
    assert!(world.deliver_once(Worker::Jobs, &[record(1, None, Some(&row))]).await);
}

#[tokio::test]
async fn more_than_100_ids_run_in_background() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut ids = opened(&ours, 3).await;
    let unknown = (0..247).map(|i| json!(format!("01900000-0000-7000-8000-{i:012}")));
    ids.splice(1..1, unknown);
    let body = json!({ "action": "tag", "add": ["a"], "conversationIds": ids });
    let answer = ours.post(PATH, &body).await;
    let location = answer.header("location").expect("a location").to_owned();
    let bulk = answer.expect(202);
    assert_eq!(location, path_of(&bulk));
    assert_eq!(counts(&bulk["bulkAction"]), ("queued", 250, 0, 0));
    assert_eq!(bulk["bulkAction"]["finishedAt"], Value::Null);
    step(&world, &location).await;
    let halfway = ours.get(&location).await.expect(200);
    assert_eq!(counts(&halfway["bulkAction"]), ("running", 250, 100, 99));
    let _ = world.drain_events().await;
    let done = ours.get(&location).await.expect(200);
    assert_eq!(counts(&done["bulkAction"]), ("succeeded", 250, 250, 247));
    assert_eq!(done["bulkAction"]["results"].as_array().map(Vec::len), Some(100));
    for id in [&ids[0], &ids[248], &ids[249]] {
        assert_eq!(conversation(&ours, id).await["tags"], json!(["a"]));
    }
    world.assert_settled().await;
}

#[tokio::test]
async fn filter_is_evaluated_when_conversation_is_reached() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 5).await;
    let path = |id: &Value| format!("/api/v1/conversations/{}", id.as_str().expect("an id"));
    let body = json!({ "action": "update_status", "status": "solved", "filter": { "status": "open" } });
    let bulk = ours.post(PATH, &body).await.expect(202);
    assert_eq!(counts(&bulk["bulkAction"]), ("queued", 0, 0, 0));
    assert_eq!((&bulk["bulkAction"]["exact"], &bulk["bulkAction"]["filter"]), (&json!(false), &body["filter"]));
    let late = ours.open(&minimal_conversation()).await["id"].clone();
    // One conversation leaves the filter before it is listed and one after. Another gets a reply and moves to the
    // front.
    let _ = ours.patch(&path(&ids[0]), &json!({ "status": "waiting" })).await.expect(200);
    let _ = ours.post(&format!("{}/messages", path(&ids[2])), &json!({ "body": "Hi" })).await.expect(201);
    step(&world, &path_of(&bulk)).await;
    let _ = ours.patch(&path(&ids[1]), &json!({ "status": "waiting" })).await.expect(200);
    let _ = world.drain_events().await;
    let done = ours.get(&path_of(&bulk)).await.expect(200);
    assert_eq!(counts(&done["bulkAction"]), ("succeeded", 3, 3, 0));
    assert_eq!(done["bulkAction"]["exact"], true);
    for (id, status) in ids.iter().chain([&late]).zip(["waiting", "waiting", "solved", "solved", "solved", "open"]) {
        assert_eq!(conversation(&ours, id).await["status"], status);
    }
    world.assert_settled().await;
}

#[tokio::test]
async fn every_filter_selects_conversations() {
    let world = World::new().await;
    let ours = world.server_key();
    let body = json!({
        "subject": "a", "customer": { "id": "ada", "email": "ada@example.com" }, "externalId": "x1", "tags": ["vip"],
        "metadata": { "note": "x".repeat(2000) },
    });
    let id = ours.open(&body).await["id"].clone();
    let _ = opened(&ours, 2).await;
    let unknown = "01900000-0000-7000-8000-000000000001";
    for (n, (filter, matched)) in [
        (json!({ "customerEmail": "Ada@example.com" }), 1),
        (json!({ "customerId": "ada", "tag": "vip" }), 1),
        (json!({ "externalId": "x1" }), 1),
        (json!({ "externalId": "x2" }), 0),
        (json!({ "customerEmail": "nobody@example.com" }), 0),
        (json!({ "assigneeId": unknown }), 0),
        (json!({ "assigneeId": "none" }), 3),
        (json!({}), 3),
    ]
    .into_iter()
    .enumerate()
    {
        let all = filter == json!({});
        let body = json!({ "action": "tag", "add": [format!("t{n}")], "filter": filter, "all": all });
        let bulk = ours.post(PATH, &body).await.expect(202);
        let _ = world.drain_events().await;
        let done = ours.get(&path_of(&bulk)).await.expect(200);
        assert_eq!(counts(&done["bulkAction"]), ("succeeded", matched, matched, 0), "{filter}");
    }
    let tagged = conversation(&ours, &id).await;
    assert_eq!(tagged["tags"], json!(["vip", "t0", "t1", "t2", "t6", "t7"]));
    assert_eq!(tagged["metadata"], body["metadata"]);
    world.assert_settled().await;
}

#[tokio::test]
async fn view_filter_is_fixed_at_start() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 2).await;
    let view = json!({ "name": "Open", "filter": { "status": "open" } });
    let view = ours.post("/api/v1/views", &view).await.expect(201)["view"]["id"].clone();
    let bulk = ours.post(PATH, &json!({ "action": "tag", "add": ["a"], "viewId": view })).await.expect(202);
    let changed = json!({ "filter": { "status": "solved" } });
    let _ = ours.patch(&format!("/api/v1/views/{}", view.as_str().expect("an id")), &changed).await.expect(200);
    let _ = world.drain_events().await;
    let done = ours.get(&path_of(&bulk)).await.expect(200);
    assert_eq!(counts(&done["bulkAction"]), ("succeeded", 2, 2, 0));
    assert_eq!((&done["bulkAction"]["viewId"], &done["bulkAction"]["filter"]), (&view, &json!({ "status": "open" })));
    assert_eq!(conversation(&ours, &ids[1]).await["tags"], json!(["a"]));
    let foreign = world.other_workspace().post(PATH, &json!({ "action": "delete", "viewId": view })).await;
    let _ = foreign.expect_invalid(&["viewId"]);
}

#[tokio::test]
async fn cancelled_action_stops_after_current_step() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 150).await;
    let body = json!({ "action": "tag", "add": ["a"], "conversationIds": ids });
    let bulk = ours.post(PATH, &body).await.expect(202);
    let path = path_of(&bulk);
    step(&world, &path).await;
    let cancel = async |key: &str| {
        ours.ask(Method::POST, &format!("{path}/cancel")).header("idempotency-key", key).json(&json!({})).send().await
    };
    let first = cancel("k").await;
    let again = cancel("k").await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &first.bytes));
    let stops = first.expect(200);
    assert_eq!(counts(&stops["bulkAction"]), ("cancelled", 150, 100, 0));
    assert_eq!(stops["bulkAction"]["finishedAt"], Value::Null);
    let _ = world.drain_events().await;
    let stopped = ours.get(&path).await.expect(200);
    assert_eq!(counts(&stopped["bulkAction"]), ("cancelled", 150, 100, 0));
    assert!(stopped["bulkAction"]["finishedAt"].is_string());
    assert_eq!(cancel("l").await.expect(200), stopped, "cancelling again changes nothing");
    let bare = ours.ask(Method::POST, &format!("{path}/cancel")).send().await;
    assert_eq!(bare.expect(200), stopped);
    assert_eq!(conversation(&ours, &ids[99]).await["tags"], json!(["a"]));
    assert_eq!(conversation(&ours, &ids[100]).await["tags"], json!([]));
    let unknown = ours.ask(Method::POST, &format!("{path}/cancel")).json(&json!({ "x": 1 })).send().await;
    let _ = unknown.expect_invalid(&["x"]);
    world.assert_settled().await;
}

#[tokio::test]
async fn unrecoverable_action_fails_with_its_counts() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut ids = opened(&ours, 1).await;
    ids.extend((0..149).map(|i| json!(format!("01900000-0000-7000-8000-{i:012}"))));
    let bulk = ours.post(PATH, &json!({ "action": "tag", "add": ["a"], "conversationIds": ids })).await.expect(202);
    let id = bulk["bulkAction"]["id"].as_str().expect("an id");
    let later = world.row(&world.pk("B", id), "I#001").await.expect("the item with the later IDs");
    world.expire(&later).await;
    let _ = world.drain_events().await;
    let failed = ours.get(&path_of(&bulk)).await.expect(200);
    assert_eq!(counts(&failed["bulkAction"]), ("failed", 150, 100, 99));
    assert!(failed["bulkAction"]["finishedAt"].is_string());
    world.assert_settled().await;
}

#[tokio::test]
async fn finished_action_cannot_be_cancelled() {
    let world = World::new().await;
    let ours = world.server_key();
    let bulk = ours.post(PATH, &json!({ "action": "delete", "filter": {}, "all": true })).await.expect(202);
    let _ = world.drain_events().await;
    let cancelled = ours.ask(Method::POST, &format!("{}/cancel", path_of(&bulk))).send().await;
    let _ = cancelled.expect_problem(409, "conflict");
}

#[tokio::test]
async fn idempotent_retry_returns_first_response() {
    let world = World::new().await;
    let ours = world.server_key();
    let body = json!({ "action": "delete", "filter": { "status": "solved" } });
    let ask = || ours.ask(Method::POST, PATH).header("idempotency-key", "k").json(&body);
    let first = ask().send().await;
    let _ = world.drain_events().await;
    let again = ask().send().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(
        (again.status, &again.bytes, again.header("location")),
        (first.status, &first.bytes, first.header("location"))
    );
    assert_eq!(ours.get(PATH).await.expect(200)["bulkActions"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn actions_are_listed_newest_first_for_30_days() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut paths = Vec::new();
    for _ in 0..3 {
        let body = json!({ "action": "delete", "filter": { "status": "solved" } });
        paths.push(path_of(&ours.post(PATH, &body).await.expect(202)));
    }
    let _ = world.drain_events().await;
    let mut listed = Vec::new();
    let mut query = String::new();
    loop {
        let page = ours.get(&format!("{PATH}?limit=2{query}")).await.expect(200);
        assert_eq!(page["object"], "list");
        for bulk in page["bulkActions"].as_array().expect("an array") {
            let path = format!("{PATH}/{}", bulk["id"].as_str().expect("an id"));
            assert_eq!(&ours.get(&path).await.expect(200)["bulkAction"], bulk);
            listed.push(path);
        }
        if page["hasMore"] == false {
            assert_eq!(page["nextCursor"], Value::Null);
            break;
        }
        query = format!("&cursor={}", page["nextCursor"].as_str().expect("a cursor"));
    }
    paths.reverse();
    assert_eq!(listed, paths);
    let other = world.other_workspace().get(&format!("{PATH}?limit=2{query}")).await;
    let _ = other.expect_problem(400, "invalid_cursor");
    let _ = ours.get(&format!("{PATH}?limit=101")).await.expect_invalid(&["limit"]);
    assert_eq!(world.other_workspace().get(PATH).await.expect(200)["bulkActions"], json!([]));

    world.clock.advance_millis(30 * 24 * 60 * 60 * 1000);
    let _ = ours.get(&paths[2]).await.expect_problem(404, "not_found");
    assert_eq!(ours.get(PATH).await.expect(200)["bulkActions"], json!([]), "the table deletes them days late");
    let cancelled = ours.ask(Method::POST, &format!("{}/cancel", paths[2])).send().await;
    let _ = cancelled.expect_problem(404, "not_found");
}

#[tokio::test]
async fn duplicate_reordered_records_apply_once() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 120).await;
    let mut jobs = Vec::new();
    for body in [
        json!({ "action": "tag", "add": ["a"], "conversationIds": ids }),
        json!({ "action": "update_status", "status": "solved", "filter": { "status": "open" } }),
    ] {
        jobs.push(path_of(&ours.post(PATH, &body).await.expect(202)));
    }
    let _ = world.drain_events_as(Delivery { duplicated_percent: 50, shuffled: true, failing_percent: 30 }).await;
    for path in jobs {
        let done = ours.get(&path).await.expect(200);
        assert_eq!(counts(&done["bulkAction"]), ("succeeded", 120, 120, 0));
    }
    for id in &ids {
        let path = format!("/api/v1/conversations/{}", id.as_str().expect("an id"));
        assert_eq!(ours.get(&path).await.header("etag"), Some("\"3\""), "opened, tagged once, solved once");
    }
    world.assert_settled().await;
}
