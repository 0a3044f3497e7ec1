//! Erasing a customer and all their conversations.

use deskless_tests::{World, minimal_conversation, unpacked};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/customers";

async fn erase(world: &World, id: &str) -> deskless_tests::TestResponse {
    world.server_key().ask(Method::DELETE, &format!("{PATH}/{id}")).send().await
}

/// Creates a customer with two emails and this many conversations, each with a message.
async fn ada(world: &World, conversations: usize) -> Vec<String> {
    let ours = world.server_key();
    let customer = json!({ "id": "ada", "name": "Ada", "email": "ada@example.com", "metadata": { "vip": true } });
    let _ = ours.post(PATH, &customer).await.expect(201);
    let _ = ours.patch(&format!("{PATH}/ada"), &json!({ "email": "ada@example.org" })).await.expect(200);
    let mut paths = Vec::new();
    for _ in 0..conversations {
        let body = json!({ "subject": "Hello", "customer": { "id": "ada" }, "message": { "body": "Hello?" } });
        let made = ours.open(&body).await;
        paths.push(format!("/api/v1/conversations/{}", made["id"].as_str().expect("an id")));
    }
    paths
}

#[tokio::test]
async fn erasure_deletes_all_conversations() {
    let world = World::new().await;
    let ours = world.server_key();
    let before = ours.open(&minimal_conversation()).await;
    let paths = ada(&world, 60).await;
    let _ = world.drain_events().await;

    let begun = erase(&world, "ada").await.expect(202)["customer"].clone();
    assert_eq!(begun["erasing"]["deletedConversations"], 0);
    assert_eq!((&begun["name"], &begun["email"], &begun["metadata"]), (&Value::Null, &Value::Null, &json!({})));
    let again = erase(&world, "ada").await.expect(202)["customer"].clone();
    assert_eq!(again["erasing"]["since"], begun["erasing"]["since"], "erasing again changes nothing");
    let listed = ours.get(PATH).await.expect(200);
    assert_eq!(listed["customers"].as_array().map(Vec::len), Some(1), "the erased customer is not listed");
    let change = ours.patch(&format!("{PATH}/ada"), &json!({ "name": "Ada" })).await;
    let _ = change.expect_problem(409, "conflict");
    let refresh = ours.post(PATH, &json!({ "id": "ada", "name": "Ada" })).await;
    let _ = refresh.expect_problem(409, "conflict");
    let opened = ours.post("/api/v1/conversations", &json!({ "subject": "a", "customer": { "id": "ada" } })).await;
    let _ = opened.expect_problem(409, "conflict");

    let _ = world.drain_events().await;
    let progress = ours.get(&format!("{PATH}/ada")).await.expect(200);
    assert_eq!(progress["customer"]["erasing"]["deletedConversations"], 60);
    for path in &paths {
        let _ = ours.get(path).await.expect_problem(404, "not_found");
    }
    world.clock.advance_millis(61_000);
    let _ = ours.get(&format!("{PATH}/ada")).await.expect_problem(404, "not_found");
    let _ = erase(&world, "ada").await.expect_problem(404, "not_found");
    let texts = format!("{:?}", world.rows().await);
    for trace in ["Hello?", "ada@example", "\"Ada\"", "vip"] {
        assert!(!texts.contains(trace), "{trace} is still there");
    }
    let left = ours.get("/api/v1/conversations").await.expect(200);
    assert_eq!(left["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["conversations"][0]["id"], before["id"]);
    let counts = ours.get("/api/v1/conversations/counts").await.expect(200);
    assert_eq!(counts["counts"]["total"], 1);
    world.assert_settled().await;
}

#[tokio::test]
async fn erasure_frees_id_and_emails() {
    let world = World::new().await;
    let ours = world.server_key();
    let _ = ada(&world, 1).await;
    let _ = erase(&world, "ada").await.expect(202);
    for email in ["ada@example.com", "ada@example.org"] {
        let found = ours.get(&format!("{PATH}?email={email}")).await.expect(200);
        assert_eq!(found["customers"], json!([]), "{email}");
        let _ = ours.post(PATH, &json!({ "email": email })).await.expect(201);
    }
    let _ = world.drain_events().await;
    world.clock.advance_millis(61_000);
    let made = ours.post(PATH, &json!({ "id": "ada", "name": "Another" })).await.expect(201);
    assert_eq!(made["customer"]["erasing"], Value::Null);
    let body = json!({ "subject": "a", "customer": { "id": "ada" } });
    assert_eq!(ours.open(&body).await["customer"]["name"], "Another");
    let _ = world.drain_events().await;
    let _ = world.drain_events().await;
    let listed = ours.get("/api/v1/conversations?customerId=ada").await.expect(200);
    assert_eq!(listed["conversations"].as_array().map(Vec::len), Some(1), "the new customer's conversation is kept");
    world.assert_sound().await;
}

#[tokio::test]
async fn customer_without_record_can_be_erased() {
    let world = World::new().await;
    let body = json!({ "subject": "Do you ship to Malta?", "message": { "body": "Hello!" } });
    let opened = world.client_key().post("/api/v1/conversations", &body).await.expect(201);
    let id = opened["conversation"]["customer"]["id"].as_str().expect("an id").to_owned();
    let _ = world.server_key().get(&format!("{PATH}/{id}")).await.expect_problem(404, "not_found");
    let _ = erase(&world, &id).await.expect(202);
    let _ = world.drain_events().await;
    let path = format!("/api/v1/conversations/{}", opened["conversation"]["id"].as_str().expect("an id"));
    let _ = world.server_key().get(&path).await.expect_problem(404, "not_found");
    world.clock.advance_millis(61_000);
    let _ = world.server_key().get(&format!("{PATH}/{id}")).await.expect_problem(404, "not_found");
    let _ = erase(&world, "nobody").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn erasure_includes_conversation_written_late() {
    let world = World::new().await;
    let _ = ada(&world, 1).await;
    let rows = world.rows().await;
    let theirs = rows.iter().find(|row| row.get("p2").is_some()).expect("a conversation").clone();
    let _ = erase(&world, "ada").await.expect(202);
    let _ = world.drain_events().await;
    // A writer that read the customer before the erasure writes after it.
    world.plant(std::slice::from_ref(&theirs)).await;
    let path = format!("/api/v1/conversations/{}", theirs.pk().rsplit('#').next().and_then(unpacked).expect("an id"));
    let _ = world.server_key().get(&path).await.expect(200);
    // Simulates the TTL deletion of DynamoDB.
    let rows = world.rows().await;
    let over = rows.iter().find(|row| row.get("erasingSince").is_some()).expect("the customer's item");
    world.expire(over).await;
    let _ = world.drain_events().await;
    let _ = world.server_key().get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn late_removal_of_item_keeps_conversations_of_new_customer() {
    let world = World::new().await;
    let _ = ada(&world, 1).await;
    let _ = erase(&world, "ada").await.expect(202);
    let _ = world.drain_events().await;
    world.clock.advance_millis(61_000);
    let rows = world.rows().await;
    let over = rows.iter().find(|row| row.get("erasingSince").is_some()).expect("the customer's item");
    world.expire(over).await;
    let _ = world.server_key().post(PATH, &json!({ "id": "ada", "name": "Another" })).await.expect(201);
    let opened = world.server_key().open(&json!({ "subject": "a", "customer": { "id": "ada" } })).await;
    let _ = world.drain_events().await;
    let path = format!("/api/v1/conversations/{}", opened["id"].as_str().expect("an id"));
    let _ = world.server_key().get(&path).await.expect(200);
    world.assert_settled().await;
}

#[tokio::test]
async fn erasure_honours_if_match() {
    let world = World::new().await;
    let _ = ada(&world, 0).await;
    let path = format!("{PATH}/ada");
    let stale = world.server_key().ask(Method::DELETE, &path).header("if-match", "\"1\"").send().await;
    let _ = stale.expect_problem(412, "version_mismatch");
    let tag = world.server_key().get(&path).await.header("etag").expect("a tag").to_owned();
    let _ = world.server_key().ask(Method::DELETE, &path).header("if-match", &tag).send().await.expect(202);
}
