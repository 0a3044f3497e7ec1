//! How creating a conversation affects the customer record.

use deskless_tests::{Row, World};
use serde_json::{Value, json};

async fn open(world: &World, customer: Value) -> Value {
    world.server_key().open(&json!({ "subject": "a", "customer": customer })).await["customer"].clone()
}

async fn records(world: &World) -> Vec<Row> {
    world.rows().await.into_iter().filter(|row| row.pk().contains("#U#") && row.sk() == "A").collect()
}

async fn claims(world: &World) -> Vec<Row> {
    world.rows().await.into_iter().filter(|row| row.pk().contains("#E#")).collect()
}

#[tokio::test]
async fn first_conversation_creates_customer() {
    let world = World::new().await;
    let _ = open(&world, json!({ "id": "cus_1", "name": "Ada", "email": "Ada@Example.com" })).await;
    let records = records(&world).await;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].get("name"), records[0].get("email")), (Some("Ada"), Some("Ada@Example.com")));
    assert_eq!(claims(&world).await[0].get("customerId"), Some("cus_1"));
}

#[tokio::test]
async fn given_fields_update_customer_others_stay() {
    let world = World::new().await;
    let _ = open(&world, json!({ "id": "cus_1", "name": "Ada", "company": "Engines" })).await;
    let shown = open(&world, json!({ "id": "cus_1", "name": "Ada Lovelace", "phone": "+44" })).await;
    assert_eq!(shown["name"], "Ada Lovelace");
    assert_eq!(shown["company"], "Engines");
    let shown = open(&world, json!({ "id": "cus_1" })).await;
    assert_eq!(
        (&shown["name"], &shown["phone"], &shown["company"]),
        (&json!("Ada Lovelace"), &json!("+44"), &json!("Engines"))
    );
    assert_eq!(records(&world).await.len(), 1);
}

#[tokio::test]
async fn shared_email_lists_both_customers() {
    let world = World::new().await;
    let _ = open(&world, json!({ "id": "cus_1", "email": "ada@example.com" })).await;
    let second = open(&world, json!({ "id": "cus_2", "email": " ADA@example.com " })).await;
    assert_eq!(second["email"], "ADA@example.com");
    let mut claims = claims(&world).await;
    claims.sort_by_key(|row| row.sk().to_owned());
    let holders: Vec<_> = claims.iter().map(|row| row.get("customerId")).collect();
    assert_eq!(holders, [Some("cus_1"), Some("cus_2")], "the first one holds the claim");
    assert_eq!(records(&world).await.len(), 2);
}

#[tokio::test]
async fn changed_email_moves_the_claim() {
    let world = World::new().await;
    let _ = open(&world, json!({ "id": "cus_1", "email": "ada@example.com" })).await;
    let _ = open(&world, json!({ "id": "cus_1", "email": "ada@example.org" })).await;
    assert_eq!(claims(&world).await.len(), 1);
    world.assert_sound().await;
}

#[tokio::test]
async fn customers_are_separate_per_workspace() {
    let world = World::new().await;
    let _ = open(&world, json!({ "id": "cus_1", "name": "Ada" })).await;
    let theirs = world.other_workspace().open(&json!({ "subject": "a", "customer": { "id": "cus_1" } })).await;
    assert_eq!(theirs["customer"]["name"], Value::Null);
    assert_eq!(records(&world).await.len(), 2);
}
