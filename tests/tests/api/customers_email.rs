//! Customers by email address: who is found, and when an address is given up.

use deskless_domain::{
    Channel, Conversation, ConversationId, Customer, CustomerDetails, CustomerId, Email, Metadata, NewConversation,
    PersonName, Placement, Priority, Resolved, Source, Status, Subject, Tags,
};
use deskless_store::ConversationToCreate;
use deskless_tests::{Faults, World};
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
    open(&world, "a", json!({ "id": "c100" })).await;
    assert_eq!(subjects(&world, "customerEmail=info@example.com&customerId=c100").await, ["a"]);
    let path = "/api/v1/conversations?customerEmail=info@example.com";
    let problem = world.server_key().get(path).await.expect_invalid(&["customerEmail"]);
    assert!(problem["error"].as_str().is_some_and(|text| text.contains("`customerId`")), "{problem}");
    let one = world.server_key().get(&format!("{path}&customerId=c1")).await.expect(200);
    assert_eq!(one["conversations"], json!([]));
}

#[tokio::test]
async fn pages_include_holder_of_claim_at_any_position() {
    let world = World::new().await;
    for (id, email) in [("c1", "own@example.com"), ("c2", "info@example.com"), ("c3", "info@example.com")] {
        let _ = upsert(&world, 201, json!({ "id": id, "email": email })).await;
    }
    let _ = change(&world, "c1", json!({ "email": "info@example.com" })).await;
    for limit in [1, 2, 3] {
        let mut found = Vec::new();
        let mut query = format!("{PATH}?email=info@example.com&limit={limit}");
        loop {
            let page = world.server_key().get(&query).await.expect(200);
            found.extend(page["customers"].as_array().expect("customers").iter().map(|found| found["id"].clone()));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            query = format!("{PATH}?email=info@example.com&limit={limit}&cursor={cursor}");
        }
        assert_eq!(found, ["c3", "c2", "c1"], "{limit}");
    }
}

#[tokio::test]
async fn page_reads_only_its_customers() {
    let world = World::behind_proxy(Faults::default()).await;
    for i in 0..120 {
        let id = format!("{}{i}", "c".repeat(120));
        let _ = upsert(&world, 201, json!({ "id": id, "email": "info@example.com" })).await;
    }
    let _ = world.proxy().take_meter();
    let page = world.server_key().get(&format!("{PATH}?email=info@example.com&limit=1")).await.expect(200);
    assert_eq!(
        (&page["customers"][0]["id"], &page["hasMore"]),
        (&json!(format!("{}119", "c".repeat(120))), &json!(true))
    );
    let reads = world.proxy().take_meter().reads;
    // All entries alone take 7 units. The key and its workspace may be read too.
    assert!(reads <= 6.0, "{reads} read units");
}

#[tokio::test]
async fn new_conversation_takes_no_address_that_was_given_up_meanwhile() {
    let world = World::new().await;
    let _ = upsert(&world, 201, json!({ "id": "ada", "email": "one@example.com" })).await;
    let store = world.tenant().await;
    let details = CustomerDetails {
        name: Some(PersonName::parse("Ada".to_owned()).expect("a name")),
        email: Some(Email::parse("one@example.com".to_owned()).expect("an address")),
        ..CustomerDetails::default()
    };
    let customer = Customer::of_server(CustomerId::parse("ada".to_owned()).expect("an id"), details);
    let known = store.known_customer(&customer, false).await.expect("the customer");
    let _ = change(&world, "ada", json!({ "email": "two@example.com" })).await;
    let new = NewConversation {
        channel: Channel::Api,
        source: Source::Api,
        status: Resolved::No(Status::Open),
        escalated: false,
        priority: Priority::default(),
        subject: Subject::parse("a".to_owned()).expect("a subject"),
        external_id: None,
        session_key: None,
        placement: Placement::default(),
        snoozed_until: None,
        tags: Tags::default(),
        metadata: Metadata::default(),
    };
    let id = ConversationId::on(new.channel, store.clock());
    let conversation = Conversation::open(id, 7, new, known.shown(&customer));
    let new = ConversationToCreate { conversation: &conversation, messages: &[], customer: &customer, known: &known };
    let created = store.create_conversation(&new, (), None).await.expect("an answer");
    assert!(created.is_none(), "the customer has changed");
    assert_eq!(found(&world, "one@example.com").await, Vec::<String>::new());
    assert_eq!(found(&world, "two@example.com").await, ["ada"]);
    let _ = world.server_key().ask(Method::DELETE, &format!("{PATH}/ada")).send().await.expect(202);
    assert_ne!(upsert(&world, 201, json!({ "email": "two@example.com" })).await["id"], "ada");
    world.assert_sound().await;
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
