use deskless_tests::{Faults, World};
use http::Method;
use serde_json::{Value, json};

use super::workspace_support::assert_pages;

const PATH: &str = "/api/v1/customers";

async fn upsert(world: &World, status: u16, body: Value) -> Value {
    world.server_key().post(PATH, &body).await.expect(status)["customer"].clone()
}

async fn by_email(world: &World, email: &str) -> Value {
    world.server_key().get(&format!("{PATH}?email={email}")).await.expect(200)["customers"].clone()
}

#[tokio::test]
async fn customer_is_created_or_found_by_id() {
    let world = World::new().await;
    let body = json!({ "id": "cus_1", "name": "Ada", "email": "Ada@Example.com", "metadata": { "plan": "pro" } });
    let made = upsert(&world, 201, body).await;
    let wanted = json!({
        "object": "customer", "id": "cus_1", "name": "Ada", "email": "Ada@Example.com", "phone": null, "company": null,
        "metadata": { "plan": "pro" }, "identitySource": "headers", "erasing": null,
        "createdAt": "2026-06-28T18:00:01.000Z", "updatedAt": "2026-06-28T18:00:01.000Z",
    });
    assert_eq!(made, wanted);
    let found = upsert(&world, 200, json!({ "id": "cus_1", "phone": "+49", "name": null })).await;
    assert_eq!(
        (&found["name"], &found["phone"], &found["metadata"]),
        (&json!("Ada"), &json!("+49"), &made["metadata"])
    );
    assert_eq!((&found["createdAt"], &found["updatedAt"]), (&made["createdAt"], &json!("2026-06-28T18:00:02.000Z")));
    let answer = world.server_key().post(PATH, &json!({ "id": "cus_1" })).await;
    assert_eq!(
        (answer.header("location"), answer.header("etag")),
        (None, Some("\"2\"")),
        "an unchanged customer keeps its version"
    );
    assert_eq!(answer.expect(200)["customer"], found);
    world.assert_sound().await;
}

#[tokio::test]
async fn customer_is_created_or_found_by_email() {
    let world = World::new().await;
    let made = upsert(&world, 201, json!({ "email": "ada@example.com" })).await;
    let found = upsert(&world, 200, json!({ "email": " ADA@example.com ", "name": "Ada" })).await;
    assert_eq!((&found["id"], &found["name"]), (&made["id"], &json!("Ada")));
    let stranger = upsert(&world, 201, json!({ "name": "Ada" })).await;
    assert_ne!(stranger["id"], made["id"]);
    assert_eq!(by_email(&world, "Ada@Example.com").await, json!([found]));
    assert_eq!(by_email(&world, "nobody@example.com").await, json!([]));
    let _ = world.server_key().get(&format!("{PATH}?email=nobody")).await.expect_invalid(&["email"]);
}

#[tokio::test]
async fn null_clears_and_metadata_is_replaced() {
    let world = World::new().await;
    let body = json!({ "id": "cus_1", "name": "Ada", "phone": "1", "company": "c", "metadata": { "a": 1 } });
    let _ = upsert(&world, 201, body).await;
    let change = json!({ "name": null, "phone": null, "company": null, "metadata": { "b": 2 } });
    let changed = world.server_key().patch(&format!("{PATH}/cus_1"), &change).await.expect(200)["customer"].clone();
    for field in ["name", "phone", "company"] {
        assert_eq!(changed[field], Value::Null);
    }
    assert_eq!(changed["metadata"], json!({ "b": 2 }));
    let cleared = world.server_key().patch(&format!("{PATH}/cus_1"), &json!({ "metadata": null })).await.expect(200);
    assert_eq!(cleared["customer"]["metadata"], json!({}));
}

#[tokio::test]
async fn customer_from_conversation_is_a_full_customer() {
    let world = World::new().await;
    let customer = json!({ "id": "cus_9", "name": "Ada", "email": "ada@example.com" });
    let _ = world.server_key().open(&json!({ "subject": "a", "customer": customer })).await;
    let path = format!("{PATH}/cus_9");
    let answer = world.server_key().get(&path).await;
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let shown = answer.expect(200)["customer"].clone();
    assert_eq!((&shown["name"], &shown["createdAt"]), (&json!("Ada"), &json!("2026-06-28T18:00:01.000Z")));
    let customer = json!({ "id": "cus_9", "company": "Engines" });
    let _ = world.server_key().open(&json!({ "subject": "b", "customer": customer })).await;
    let answer = world.server_key().get(&path).await;
    assert_eq!(answer.header("etag"), Some("\"2\""));
    let now = answer.expect(200)["customer"].clone();
    assert_eq!((&now["company"], &now["createdAt"]), (&json!("Engines"), &shown["createdAt"]));
    assert_ne!(now["updatedAt"], shown["updatedAt"]);
    assert_eq!(world.server_key().get(PATH).await.expect(200)["customers"], json!([now]));
}

#[tokio::test]
async fn email_filter_needs_its_own_cursor() {
    let world = World::new().await;
    let role = world.server_key();
    let mut wanted = Vec::new();
    for i in 0..3 {
        wanted.insert(0, upsert(&world, 201, json!({ "email": format!("{i}@example.com") })).await);
    }
    assert_pages(&role, PATH, "customers", &wanted).await;
    let page = role.get(&format!("{PATH}?limit=1")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    let path = format!("{PATH}?email=1@example.com&cursor={cursor}");
    let _ = role.get(&path).await.expect_problem(400, "invalid_cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_creates_by_email_make_one_customer() {
    let world = World::behind_proxy(Faults { conflicts_percent: 20, ..Faults::default() }).await;
    let role = world.server_key();
    let body = json!({ "email": "ada@example.com", "name": "Ada" });
    let answers = futures_util::future::join_all((0..64).map(|_| role.post(PATH, &body))).await;
    let mut made = 0;
    let mut ids = std::collections::BTreeSet::new();
    for answer in answers {
        made += usize::from(answer.status.as_u16() == 201);
        assert!(answer.status.is_success(), "{answer:?}");
        ids.insert(answer.json()["customer"]["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!((made, ids.len()), (1, 1));
    let listed = role.get(PATH).await.expect(200);
    assert_eq!(listed["customers"].as_array().map(Vec::len), Some(1));
    world.assert_sound().await;
}

#[tokio::test]
async fn retry_of_found_customer_is_200() {
    let world = World::new().await;
    let _ = upsert(&world, 201, json!({ "id": "cus_1" })).await;
    let ask = || world.server_key().ask(Method::POST, PATH).header("idempotency-key", "k");
    let body = json!({ "id": "cus_1" });
    let first = ask().json(&body).send().await;
    let again = ask().json(&body).send().await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200));
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.bytes, again.bytes);
}
