use deskless_domain::Clock;
use deskless_tests::{Delivery, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations/counts";

async fn counts(world: &World, query: &str) -> [u64; 4] {
    let answer = world.server_key().get(&format!("{PATH}{query}")).await.expect(200);
    assert_eq!(answer["exact"], query.contains("customerId"), "counters do not know whether a change waits");
    ["open", "waiting", "solved", "total"].map(|name| answer["counts"][name].as_u64().expect(name))
}

#[tokio::test]
async fn empty_workspace_has_zero_counts() {
    let world = World::new().await;
    assert_eq!(counts(&world, "").await, [0; 4]);
    assert_eq!(counts(&world, "?customerId=nobody").await, [0; 4]);
    let answer = world.server_key().get(PATH).await.expect(200);
    assert_eq!(answer["asOf"], world.workspace.time().to_string());
}

#[tokio::test]
async fn counts_say_which_changes_they_include() {
    let world = World::new().await;
    let server = world.server_key();
    let as_of = async |query: &str| {
        let answer = server.get(&format!("{PATH}{query}")).await.expect(200);
        (answer["counts"]["total"].as_u64().expect("a number"), answer["asOf"].as_str().expect("a time").to_owned())
    };
    let path = server.open_path().await;
    let created = server.get(&path).await.expect(200)["conversation"]["createdAt"].as_str().expect("a time").to_owned();
    let _ = world.drain_events().await;
    world.clock.advance_millis(18_000);
    assert_eq!(as_of("").await, (1, created.clone()));
    let second = server.open(&minimal_conversation()).await["createdAt"].as_str().expect("a time").to_owned();
    assert_eq!(as_of("").await, (1, created), "the second one is not counted yet");
    let _ = world.drain_events().await;
    assert_eq!(as_of("").await, (2, second));
    let _ = server.ask(Method::DELETE, &path).send().await.expect(204);
    let deleted = world.clock.now().to_string();
    world.clock.advance_millis(18_000);
    let _ = world.drain_events().await;
    assert_eq!(as_of("").await, (1, deleted), "a deletion is a change too");
    let (total, now) = as_of("?customerId=cus_123").await;
    assert_eq!((total, now), (1, world.clock.now().to_string()));
}

#[tokio::test]
async fn counts_follow_every_kind_of_change() {
    let world = World::new().await;
    let server = world.server_key();
    let [a, b, c] = [server.open_path().await, server.open_path().await, server.open_path().await];
    let _ = world.drain_events().await;
    assert_eq!(counts(&world, "").await, [3, 0, 0, 3]);
    let _ = server.patch(&a, &json!({ "status": "waiting" })).await.expect(200);
    let _ = server.patch(&b, &json!({ "status": "solved" })).await.expect(200);
    let _ = world.drain_events().await;
    assert_eq!(counts(&world, "").await, [1, 1, 1, 3]);
    let _ = server.post(&format!("{b}/messages"), &json!({ "body": "Not quite" })).await.expect(201);
    let _ = server.ask(Method::DELETE, &c).send().await.expect(204);
    let _ = world.drain_events().await;
    assert_eq!(counts(&world, "").await, [1, 1, 0, 2]);
    let _ = world.other_workspace().get(PATH).await.expect(200);
    world.assert_settled().await;
}

#[tokio::test]
async fn counts_survive_duplicate_reordered_records() {
    let world = World::new().await;
    let server = world.server_key();
    for i in 0..30 {
        let path = server.open_path().await;
        for status in ["solved", "waiting", "open", "solved"].iter().take(i % 5) {
            let _ = server.patch(&path, &json!({ "status": status })).await.expect(200);
        }
        if i % 7 == 0 {
            let _ = server.ask(Method::DELETE, &path).send().await.expect(204);
        }
    }
    let _ = world.drain_events_as(Delivery { duplicated_percent: 40, shuffled: true, failing_percent: 30 }).await;
    world.assert_settled().await;
}

#[tokio::test]
async fn counts_by_customer_are_exact() {
    let world = World::new().await;
    let server = world.server_key();
    let path = server.open_path().await;
    let _ = server.open_path().await;
    let mut body = minimal_conversation();
    body["customer"]["id"] = json!("another");
    let _ = server.open(&body).await;
    let _ = server.patch(&path, &json!({ "status": "solved" })).await.expect(200);
    assert_eq!(counts(&world, "?customerId=cus_123").await, [1, 0, 1, 2]);
    assert_eq!(counts(&world, "?customerId=another").await, [1, 0, 0, 1]);
    let answer: Value = world.other_workspace().get(&format!("{PATH}?customerId=cus_123")).await.expect(200);
    assert_eq!(answer["counts"]["total"], 0);
}

#[tokio::test]
async fn counts_by_assignee_and_inbox_are_exact() {
    let world = World::new().await;
    let server = world.server_key();
    let member = json!({ "name": "Grace", "email": "grace@example.com" });
    let member = server.post("/api/v1/members", &member).await.expect(201)["member"]["id"].clone();
    let path = server.open_path().await;
    let _ = server.open_path().await;
    let inbox = server.post("/api/v1/inboxes", &json!({ "name": "Returns", "channel": "email" })).await.expect(201)["inbox"]["id"].clone();
    let placed = json!({ "assigneeId": member, "inboxId": inbox });
    let _ = server.patch(&path, &placed).await.expect(200);
    let [member, inbox] = [&member, &inbox].map(|id| id.as_str().expect("an id"));
    let customer = "customerId=cus_123";
    let queries = [
        (format!("?assigneeId={member}"), [1, 0, 0, 1]),
        (format!("?assigneeId={member}&inboxId={inbox}"), [1, 0, 0, 1]),
        (format!("?inboxId={inbox}"), [1, 0, 0, 1]),
        ("?assigneeId=none".to_owned(), [1, 0, 0, 1]),
        (format!("?assigneeId=none&inboxId={inbox}"), [0; 4]),
        (format!("?assigneeId={inbox}"), [0; 4]),
        (format!("?inboxId={member}"), [0; 4]),
        (String::new(), [2, 0, 0, 2]),
    ];
    // A customer's are counted during the request, all others by the workers.
    for (query, expected) in &queries {
        let separator = if query.is_empty() { "?" } else { "&" };
        assert_eq!(counts(&world, &format!("{query}{separator}{customer}")).await, *expected, "{query} of a customer");
    }
    let _ = world.drain_events().await;
    for (query, expected) in &queries {
        assert_eq!(counts(&world, query).await, *expected, "{query}");
    }
    let _ = server.patch(&path, &json!({ "assigneeId": null, "status": "solved" })).await.expect(200);
    let _ = world.drain_events().await;
    assert_eq!(counts(&world, &format!("?assigneeId={member}")).await, [0; 4]);
    assert_eq!(counts(&world, &format!("?assigneeId=none&inboxId={inbox}")).await, [0, 0, 1, 1]);
    for field in ["assigneeId", "inboxId"] {
        let _ = server.get(&format!("{PATH}?{field}=x")).await.expect_invalid(&[field]);
    }
}
