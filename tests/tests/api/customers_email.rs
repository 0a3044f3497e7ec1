//! Customers by email address: who is found, and when an address is given up.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/customers";

/// Returns an address that is nearly as long as can be.
fn long_address(number: u32) -> String {
    let label = "x".repeat(60);
    format!("a{number}@{label}.{label}.{label}.example.com")
}

async fn upsert(world: &World, status: u16, body: Value) -> Value {
    world.server_key().post(PATH, &body).await.expect(status)["customer"].clone()
}

async fn change(world: &World, id: &str, body: Value) -> Value {
    world.server_key().patch(&format!("{PATH}/{id}"), &body).await.expect(200)["customer"].clone()
}

/// Returns the ids of the customers with an address.
async fn found(world: &World, email: &str) -> Vec<String> {
    let page = world.server_key().get(&format!("{PATH}?email={email}")).await.expect(200);
    let customers = page["customers"].as_array().expect("customers").iter();
    customers.map(|customer| customer["id"].as_str().expect("an id").to_owned()).collect()
}

/// Returns the subjects of the conversations with customers who have an address.
async fn subjects(world: &World, query: &str) -> Vec<String> {
    let page = world.server_key().get(&format!("/api/v1/conversations?{query}")).await.expect(200);
    let conversations = page["conversations"].as_array().expect("conversations").iter();
    conversations.map(|found| found["subject"].as_str().expect("a subject").to_owned()).collect()
}

async fn open(world: &World, subject: &str, customer: Value) {
    let _ = world.server_key().open(&json!({ "subject": subject, "customer": customer })).await;
}

#[tokio::test]
async fn given_up_address_finds_nobody() {
    let world = World::new().await;
    let alice = upsert(&world, 201, json!({ "email": "sales@example.com", "name": "Alice" })).await;
    let alice = alice["id"].as_str().expect("an id").to_owned();
    let _ = change(&world, &alice, json!({ "email": "alice@example.com" })).await;
    assert_eq!(found(&world, "sales@example.com").await, Vec::<String>::new());
    let bob = upsert(&world, 201, json!({ "email": "sales@example.com", "name": "Bob" })).await;
    assert_ne!(bob["id"], alice.as_str());
    let read = world.server_key().get(&format!("{PATH}/{alice}")).await.expect(200);
    assert_eq!((&read["customer"]["name"], &read["customer"]["email"]), (&json!("Alice"), &json!("alice@example.com")));
    let _ = change(&world, &alice, json!({ "email": null })).await;
    assert_eq!(found(&world, "alice@example.com").await, Vec::<String>::new());
    let _ = upsert(&world, 201, json!({ "email": "alice@example.com" })).await;
    world.assert_sound().await;
}

#[tokio::test]
async fn address_is_given_up_by_post_and_by_new_conversation() {
    let world = World::new().await;
    let _ = upsert(&world, 201, json!({ "id": "ada", "email": "one@example.com" })).await;
    let _ = upsert(&world, 200, json!({ "id": "ada", "email": "two@example.com" })).await;
    open(&world, "a", json!({ "id": "ada", "email": "three@example.com" })).await;
    for email in ["one@example.com", "two@example.com"] {
        assert_eq!(found(&world, email).await, Vec::<String>::new(), "{email}");
    }
    assert_eq!(found(&world, "three@example.com").await, ["ada"]);
    open(&world, "b", json!({ "id": "ada" })).await;
    let _ = upsert(&world, 200, json!({ "id": "ada", "email": "Three@Example.com" })).await;
    assert_eq!(found(&world, "three@example.com").await, ["ada"], "another spelling keeps the address");
    world.assert_sound().await;
}

#[tokio::test]
async fn shared_address_finds_all_customers() {
    let world = World::new().await;
    for id in ["c1", "c2", "c3"] {
        let _ = upsert(&world, 201, json!({ "id": id, "email": "info@example.com" })).await;
        open(&world, id, json!({ "id": id })).await;
    }
    open(&world, "c4", json!({ "id": "c4", "email": "INFO@example.com" })).await;
    assert_eq!(found(&world, "Info@example.com").await, ["c4", "c3", "c2", "c1"]);
    let first = world.server_key().get(&format!("{PATH}?email=info@example.com&limit=3")).await.expect(200);
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let rest = format!("{PATH}?email=info@example.com&limit=3&cursor={cursor}");
    let rest = world.server_key().get(&rest).await.expect(200);
    assert_eq!((&rest["customers"][0]["id"], &rest["hasMore"]), (&json!("c1"), &json!(false)));
    for (query, wanted) in [
        ("customerEmail=info@example.com", "c4 c3 c2 c1"),
        ("customerEmail=info@example.com&order=asc", "c1 c2 c3 c4"),
        ("customerEmail=info@example.com&sort=createdAt&order=asc", "c1 c2 c3 c4"),
        ("customerEmail=info@example.com&customerId=c2", "c2"),
        ("customerEmail=info@example.com&customerId=c9", ""),
        ("customerEmail=info@example.com&status=solved", ""),
    ] {
        assert_eq!(subjects(&world, query).await.join(" "), wanted, "{query}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn claim_passes_to_the_next_customer() {
    let world = World::new().await;
    for id in ["c1", "c2", "c3"] {
        let _ = upsert(&world, 201, json!({ "id": id, "email": "info@example.com" })).await;
    }
    assert_eq!(upsert(&world, 200, json!({ "email": "info@example.com", "name": "a" })).await["id"], "c1");
    let _ = change(&world, "c1", json!({ "email": "own@example.com" })).await;
    assert_eq!(upsert(&world, 200, json!({ "email": "info@example.com", "name": "b" })).await["id"], "c2");
    world.assert_sound().await;
    let _ = change(&world, "c3", json!({ "email": null })).await;
    assert_eq!(found(&world, "info@example.com").await, ["c2"]);
    let _ = world.server_key().ask(Method::DELETE, &format!("{PATH}/c2")).send().await.expect(202);
    assert_eq!(found(&world, "info@example.com").await, Vec::<String>::new());
    let new = upsert(&world, 201, json!({ "email": "info@example.com" })).await;
    assert_eq!(found(&world, "info@example.com").await, [new["id"].as_str().expect("an id")]);
    world.assert_sound().await;
}

#[tokio::test]
async fn address_of_too_many_customers_is_no_filter() {
    let world = World::new().await;
    for i in 0..101 {
        let _ = upsert(&world, 201, json!({ "id": format!("c{i}"), "email": "info@example.com" })).await;
    }
    let path = "/api/v1/conversations?customerEmail=info@example.com";
    let problem = world.server_key().get(path).await.expect_invalid(&["customerEmail"]);
    assert!(problem["error"].as_str().is_some_and(|text| text.contains("`customerId`")), "{problem}");
    let one = world.server_key().get(&format!("{path}&customerId=c1")).await.expect(200);
    assert_eq!(one["conversations"], json!([]));
}

#[tokio::test]
async fn changes_of_address_are_not_limited() {
    let world = World::new().await;
    world.disable_stream().await;
    let _ = upsert(&world, 201, json!({ "id": "ada", "email": "a0@example.com" })).await;
    for i in 1..430 {
        let _ = change(&world, "ada", json!({ "email": long_address(i) })).await;
    }
    let rows = world.rows().await;
    assert_eq!(rows.iter().filter(|row| row.letter() == Some("E")).count(), 1);
    world.enable_stream().await;
    let _ = world.server_key().ask(Method::DELETE, &format!("{PATH}/ada")).send().await.expect(202);
    let _ = world.drain_events().await;
    let _ = upsert(&world, 201, json!({ "email": long_address(429) })).await;
    let rows = world.rows().await;
    assert_eq!(rows.iter().filter(|row| row.letter() == Some("E")).count(), 1);
    world.assert_sound().await;
}

#[tokio::test]
async fn unproven_address_never_triggers() {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    let role = world.server_key();
    let _ = upsert(&world, 201, json!({ "id": "vip", "email": "vip@example.com" })).await;
    let automation = json!({
        "name": "VIPs", "trigger": "conversation.created", "conditions": { "customerEmail": "vip@example.com" },
        "actions": [{ "action": "tag", "add": ["vip"] }],
    });
    let _ = role.post("/api/v1/automations", &automation).await.expect(201);
    world.clock.advance_millis(31_000);
    let opening = json!({ "subject": "unproven", "customer": { "email": "vip@example.com" } });
    let opened = world.client_key().post("/api/v1/conversations", &opening).await.expect(201);
    let eve = world.client_key().on_behalf_of(&world.token(&secret, "eve"));
    let _ = eve.post("/api/v1/conversations", &opening).await.expect(201);
    let own = json!({ "subject": "own" });
    let vip = world.client_key().on_behalf_of(&world.token(&secret, "vip"));
    let _ = vip.post("/api/v1/conversations", &own).await.expect(201);
    open(&world, "back end", json!({ "id": "vip" })).await;
    let _ = world.drain_events().await;
    assert_eq!(subjects(&world, "tag=vip").await, ["back end", "own"]);
    assert_eq!(subjects(&world, "customerEmail=vip@example.com").await, ["back end", "own"]);
    let bulk = json!({ "action": "tag", "add": ["bulk"], "filter": { "customerEmail": "vip@example.com" } });
    let _ = role.post("/api/v1/bulk-actions", &bulk).await.expect(202);
    let _ = world.drain_events().await;
    assert_eq!(subjects(&world, "tag=bulk").await, ["back end", "own"]);
    let path = format!("/api/v1/conversations/{}", opened["conversation"]["id"].as_str().expect("an id"));
    assert_eq!(
        role.get(&path).await.expect(200)["conversation"]["customer"]["email"],
        "vip@example.com",
        "it is shown"
    );
}
