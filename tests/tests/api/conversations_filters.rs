//! List filters, alone and combined.

use deskless_domain::Clock;
use deskless_tests::{PreparedRequest, World};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

fn subjects(list: &Value) -> Vec<&str> {
    list["conversations"].as_array().expect("an array").iter().map(|c| c["subject"].as_str().expect("text")).collect()
}

async fn open(world: &World, subject: &str, fields: Value) -> String {
    let mut body = json!({ "subject": subject, "customer": { "id": "cus_1" } });
    body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    let made = world.server_key().open(&body).await;
    format!("{PATH}/{}", made["id"].as_str().expect("an id"))
}

async fn found(world: &World, query: &str) -> Vec<String> {
    let list = world.server_key().get(&format!("{PATH}?{query}")).await.expect(200);
    assert_eq!(list["hasMore"], false, "{query}");
    subjects(&list).into_iter().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn filters_work_alone_and_combined() {
    let world = World::new().await;
    let ada = json!({ "id": "ada", "email": "Ada@Example.com" });
    open(&world, "a", json!({ "customer": ada, "tags": ["x", "y"], "priority": "high" })).await;
    open(&world, "b", json!({ "externalId": "ext", "status": "solved", "resolution": "abandoned" })).await;
    open(&world, "c", json!({ "escalated": true, "tags": ["x"], "message": { "body": "Hello?" } })).await;
    open(&world, "d", json!({ "status": "waiting", "message": { "body": "Hi", "role": "assistant" } })).await;
    for (query, wanted) in [
        ("tag=x", "c a"),
        ("tag=y", "a"),
        ("tag=z", ""),
        ("priority=high", "a"),
        ("priority=High", ""),
        ("externalId=ext", "b"),
        ("externalId=none-of-ours", ""),
        ("externalId=ext&status=open", ""),
        ("externalId=ext&resolution=abandoned&order=asc", "b"),
        ("resolution=abandoned", "b"),
        ("resolution=resolved", ""),
        ("escalated=true", "c"),
        ("escalated=false", "d b a"),
        ("unread=true", "c"),
        ("unread=false", "d b a"),
        ("awaitingReply=true", "c"),
        ("awaitingReply=false&status=open", "a"),
        ("customerEmail=ada@example.COM", "a"),
        ("customerEmail=nobody@example.com", ""),
        ("customerEmail=ada@example.com&customerId=cus_1", ""),
        ("customerEmail=ada@example.com&customerId=ada&tag=x", "a"),
        ("assigneeId=none", "d c b a"),
        ("assistantId=none&tag=x", "c a"),
        ("assigneeId=01900000-0000-7000-8000-000000000001", ""),
        ("inboxId=01900000-0000-7000-8000-000000000001", ""),
        ("pipelineId=01900000-0000-7000-8000-000000000001", ""),
        ("stageId=01900000-0000-7000-8000-000000000001&status=open", ""),
        ("tag=x&escalated=false", "a"),
        ("snoozed=false", "d c b a"),
        ("snoozed=true", ""),
    ] {
        assert_eq!(found(&world, query).await.join(" "), wanted, "{query}");
    }
}

#[tokio::test]
async fn snooze_ends_by_time_and_by_customer_reply() {
    let world = World::new().await;
    let ours = world.server_key();
    let first = open(&world, "first", json!({})).await;
    let second = open(&world, "second", json!({ "snoozedUntil": "2100-01-01T00:00:00+01:00" })).await;
    let hour = world.clock.now().plus_seconds(3600).to_string();
    let snoozed = ours.patch(&first, &json!({ "snoozedUntil": hour })).await.expect(200);
    assert_eq!(snoozed["conversation"]["snoozedUntil"], hour);
    assert_eq!(snoozed["conversation"]["status"], "open", "snoozing does not change the status");
    assert_eq!(found(&world, "snoozed=true").await, ["second", "first"]);
    world.clock.advance_millis(3_600_000);
    assert_eq!(found(&world, "snoozed=true").await, ["second"]);
    assert_eq!(found(&world, "snoozed=false").await, ["first"]);
    let read = ours.get(&second).await.expect(200);
    assert_eq!(read["conversation"]["snoozedUntil"], "2099-12-31T23:00:00.000Z");
    let note = json!({ "type": "note", "body": "Later." });
    let _ = ours.post(&format!("{second}/messages"), &note).await.expect(201);
    assert_eq!(found(&world, "snoozed=true").await, ["second"], "a note does not end the snooze");
    let _ = ours.post(&format!("{second}/messages"), &json!({ "body": "Hello?" })).await.expect(201);
    assert_eq!(ours.get(&second).await.expect(200)["conversation"]["snoozedUntil"], Value::Null);
    let cleared = ours.patch(&first, &json!({ "snoozedUntil": null })).await.expect(200);
    assert_eq!(cleared["conversation"]["snoozedUntil"], Value::Null);
}

#[tokio::test]
async fn creation_windows_that_meet_share_no_row() {
    let world = World::new().await;
    let mut times = Vec::new();
    for subject in ["a", "b", "c", "d"] {
        let path = open(&world, subject, json!({})).await;
        let made = world.server_key().get(&path).await.expect(200);
        times.push(made["conversation"]["createdAt"].as_str().expect("a time").to_owned());
        // New activity does not change the creation time.
        let _ = world.server_key().post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    }
    for (query, wanted) in [
        (format!("createdAfter={}", times[1]), "d c b"),
        (format!("createdAfter={}&order=asc", times[1]), "b c d"),
        (format!("createdBefore={}", times[2]), "b a"),
        (format!("createdAfter={}&createdBefore={}", times[0], times[3]), "c b a"),
        (format!("createdAfter={}&createdBefore={}", times[1], times[1]), ""),
        (format!("createdAfter={}&customerId=cus_1&status=open", times[2]), "d c"),
        (format!("createdAfter={}", times[3]), "d"),
        // A bound between two milliseconds.
        (format!("createdAfter={}", times[1].replace('Z', "0001Z")), "d c"),
        (format!("createdBefore={}", times[1].replace('Z', "0001Z")), "b a"),
        (format!("createdAfter={}", times[1].replace('Z', "%2B00:00")), "d c b"),
        ("createdBefore=9999-12-31T23:59:59Z".to_owned(), "d c b a"),
        ("createdAfter=0000-01-01T00:00:00Z&sort=createdAt".to_owned(), "d c b a"),
        ("createdAfter=2100-01-01T00:00:00Z&order=asc".to_owned(), ""),
        ("createdBefore=1960-01-01T00:00:00Z".to_owned(), ""),
    ] {
        assert_eq!(found(&world, &query).await.join(" "), wanted, "{query}");
    }
}

#[tokio::test]
async fn invalid_filter_value_is_named() {
    let world = World::new().await;
    let wrong =
        "escalated=yes&unread=1&assigneeId=me&inboxId=x&createdAfter=yesterday&resolution=done&tag=&externalId=";
    let problem = world.server_key().get(&format!("{PATH}?{wrong}")).await.expect_problem(400, "invalid_request");
    let mut fields: Vec<_> =
        problem["errors"].as_array().expect("errors").iter().map(|e| e["field"].as_str().expect("text")).collect();
    fields.sort_unstable();
    let all = ["assigneeId", "createdAfter", "escalated", "externalId", "inboxId", "resolution", "tag", "unread"];
    assert_eq!(fields, all);
    let unknown = format!("{PATH}?viewId=01900000-0000-7000-8000-000000000001");
    let problem = world.server_key().get(&unknown).await.expect_problem(400, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "viewId");
}

#[tokio::test]
async fn filtered_list_shows_each_row_once_at_any_limit() {
    let world = World::new().await;
    for i in 0..30 {
        let fields = json!({
            "status": (["open", "waiting", "solved"][i % 3]),
            "tags": if i % 5 == 0 { json!(["rare"]) } else { json!([]) },
            "escalated": i % 2 == 0,
        });
        open(&world, &i.to_string(), fields).await;
    }
    for (query, wanted) in [("tag=rare", 6), ("escalated=true", 15), ("escalated=true&tag=rare&assigneeId=none", 3)] {
        for order in ["asc", "desc"] {
            for limit in [1, 2, 7, 100] {
                let mut seen = Vec::new();
                let mut cursor = String::new();
                loop {
                    let path = format!("{PATH}?{query}&order={order}&limit={limit}{cursor}");
                    let list = world.server_key().get(&path).await.expect(200);
                    seen.extend(subjects(&list).into_iter().map(|s| s.parse::<i32>().expect("a number")));
                    let Some(next) = list["nextCursor"].as_str() else { break };
                    cursor = format!("&cursor={next}");
                }
                let mut sorted = seen.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), wanted, "{query} {order} {limit}");
                if order == "desc" {
                    sorted.reverse();
                }
                assert_eq!(seen, sorted, "{query} {order} {limit}");
            }
        }
    }
    let first = world.server_key().get(&format!("{PATH}?escalated=true&limit=1")).await.expect(200);
    let cursor = first["nextCursor"].as_str().expect("more");
    let other = world.server_key().get(&format!("{PATH}?escalated=false&limit=1&cursor={cursor}")).await;
    let _ = other.expect_problem(400, "invalid_cursor");
}

#[tokio::test]
async fn include_messages_returns_first_page() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&world, "a", json!({})).await;
    for i in 0..101 {
        let _ = ours.post(&format!("{path}/messages"), &json!({ "body": i.to_string() })).await.expect(201);
    }
    let plain = ours.get(&path).await.expect(200);
    assert!(plain.get("messages").is_none());
    let with = ours.get(&format!("{path}?include=messages")).await;
    assert_eq!(with.header("etag"), None);
    let with = with.expect(200);
    assert_eq!(with["conversation"], plain["conversation"]);
    assert_eq!(with["messages"].as_array().map(Vec::len), Some(100));
    let cursor = with["messagesNextCursor"].as_str().expect("a cursor");
    let rest = ours.get(&format!("{path}/messages?cursor={cursor}")).await.expect(200);
    assert_eq!(rest["messages"][0]["body"], "100");
    let wrong = ours.get(&format!("{path}?include=everything")).await.expect_problem(400, "invalid_request");
    assert_eq!(wrong["errors"][0]["field"], "include");
    let elsewhere = world.other_workspace().get(&format!("{path}?include=messages")).await;
    let _ = elsewhere.expect_problem(404, "not_found");
}

/// Prepares a POST without a body.
fn ask<'w>(world: &'w World, path: &str) -> PreparedRequest<'w> {
    world.server_key().ask(Method::POST, path)
}

#[tokio::test]
async fn resolve_sets_status_and_resolution() {
    let world = World::new().await;
    let path = open(&world, "a", json!({})).await;
    let solved = ask(&world, &format!("{path}/resolve")).send().await;
    assert_eq!(solved.header("etag"), Some("\"2\""));
    let solved = solved.expect(200)["conversation"].clone();
    assert_eq!((&solved["status"], &solved["resolution"]), (&json!("solved"), &json!("resolved")));
    assert_eq!(solved["closedAt"], solved["updatedAt"]);
    let again = ask(&world, &format!("{path}/resolve")).json(&json!({ "resolution": "closed" })).send().await;
    let again = again.expect(200)["conversation"].clone();
    assert_eq!((&again["resolution"], &again["closedAt"]), (&json!("closed"), &solved["closedAt"]));
    let kept = ask(&world, &format!("{path}/resolve")).json(&json!({})).send().await.expect(200);
    assert_eq!(kept["conversation"]["resolution"], "closed", "the earlier resolution is kept");
    let stale = ask(&world, &format!("{path}/resolve")).header("if-match", "\"1\"").send().await;
    let _ = stale.expect_problem(412, "version_mismatch");
    let wrong = ask(&world, &format!("{path}/resolve")).json(&json!({ "status": "open" })).send().await;
    let _ = wrong.expect_problem(400, "invalid_request");
    let nowhere = format!("{PATH}/01900000-0000-7000-8000-000000000001/resolve");
    let _ = ask(&world, &nowhere).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn resolve_and_read_are_idempotent() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&world, "a", json!({})).await;
    let thread = format!("{path}/messages");
    let _ = ours.post(&thread, &json!({ "body": "Hello?" })).await.expect(201);
    for verb in ["resolve", "read"] {
        let path = format!("{path}/{verb}");
        let first = ask(&world, &path).header("idempotency-key", "k").send().await;
        let tag = first.header("etag").map(ToOwned::to_owned);
        let first = first.expect(200);
        let _ = ours.post(&thread, &json!({ "body": "Still there?" })).await.expect(201);
        let again = ask(&world, &path).header("idempotency-key", "k").send().await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.header("etag").map(ToOwned::to_owned), tag);
        assert_eq!(again.expect(200), first, "{verb}");
    }
    let now = ours.get(&path).await.expect(200)["conversation"].clone();
    assert_eq!((&now["status"], &now["unreadCount"]), (&json!("open"), &json!(1)));
    world.assert_sound().await;
}

#[tokio::test]
async fn read_messages_are_not_counted_as_unread() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = open(&world, "a", json!({})).await;
    let mut ids = Vec::new();
    for (role, body) in [("user", "1"), ("user", "2"), ("assistant", "3"), ("user", "4")] {
        let said = ours.post(&format!("{path}/messages"), &json!({ "role": role, "body": body })).await.expect(201);
        ids.push(said["message"]["id"].as_str().expect("an id").to_owned());
    }
    let read = async |body: Value| {
        let answer = ask(&world, &format!("{path}/read")).json(&body).send().await.expect(200);
        answer["conversation"]["unreadCount"].clone()
    };
    assert_eq!(read(json!({ "upTo": ids[0] })).await, 2);
    assert_eq!(read(json!({ "upTo": ids[2] })).await, 1);
    assert_eq!(read(json!({ "upTo": ids[0] })).await, 1, "the mark never moves backwards");
    assert_eq!(read(json!({})).await, 0);
    let _ = ours.post(&format!("{path}/messages"), &json!({ "body": "5" })).await.expect(201);
    assert_eq!(read(json!({ "upTo": ids[3] })).await, 1);
    let after = ask(&world, &format!("{path}/read")).send().await.expect(200);
    assert_eq!(after["conversation"]["unreadCount"], 0);
    assert_eq!(after["conversation"]["awaitingReply"], true, "reading does not count as a reply");
    for unknown in ["01900000-0000-7000-8000-000000000001", "x"] {
        let body = json!({ "upTo": unknown });
        let answer = ask(&world, &format!("{path}/read")).json(&body).send().await;
        assert_eq!(answer.expect_problem(400, "invalid_request")["errors"][0]["field"], "upTo");
    }
    world.assert_sound().await;
}
