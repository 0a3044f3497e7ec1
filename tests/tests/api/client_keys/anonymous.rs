use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{PATH, opening, path_of, world};

const DAY: i64 = 24 * 3_600_000;

#[tokio::test]
async fn anonymous_visitor_continues_with_issued_token() {
    let world = World::new().await;
    let mut body = opening();
    body["customer"] = json!({ "name": "Ada", "email": "ada@example.com" });
    let opened = world.client_key().post(PATH, &body).await.expect(201);
    let id = opened["conversation"]["customer"]["id"].as_str().expect("an id");
    assert!(id.starts_with("anon_") && id.len() == 41, "{id}");
    let ada = world.client_key().on_behalf_of(opened["customerToken"].as_str().expect("a token"));
    let path = path_of(&opened["conversation"]);
    let _ = ada.post(&format!("{path}/messages"), &json!({ "body": "Hello?" })).await.expect(201);
    assert_eq!(ada.get(&format!("{path}/messages")).await.expect(200)["messages"].as_array().map(Vec::len), Some(2));
    let again = ada.post(PATH, &json!({ "subject": "Another thing" })).await.expect(201);
    assert_eq!(again["conversation"]["customer"]["id"], id, "the customer stays the same");
    assert_eq!(again["customerToken"], Value::Null);
    assert_eq!(ada.get(PATH).await.expect(200)["conversations"].as_array().map(Vec::len), Some(2));
    let whole = world.server_key().get(&path).await.expect(200)["conversation"]["customer"].clone();
    assert_eq!((&whole["identitySource"], &whole["email"]), (&json!("anonymous"), &json!("ada@example.com")));
    world.assert_sound().await;
}

#[tokio::test]
async fn anonymous_visitor_is_always_a_new_customer() {
    let world = World::new().await;
    let known = json!({ "id": "cus_123", "email": "ada@example.com", "name": "Ada Lovelace" });
    let _ = world.server_key().open(&json!({ "subject": "a", "customer": known })).await;
    let is_record = |row: &deskless_tests::Row| matches!(row.letter(), Some("U" | "E"));
    let before = world.rows().await.iter().filter(|row| is_record(row)).count();
    let mut body = opening();
    body["customer"] = json!({ "email": "ada@example.com" });
    let one = world.client_key().post(PATH, &body).await.expect(201);
    let two = world.client_key().post(PATH, &body).await.expect(201);
    assert_ne!(one["conversation"]["customer"]["id"], two["conversation"]["customer"]["id"]);
    assert_eq!(one["conversation"]["customer"]["name"], Value::Null, "the existing customer's name is not revealed");
    body["customer"] = json!({ "email": "new@example.com" });
    let _ = world.client_key().post(PATH, &body).await.expect(201);
    assert_eq!(world.rows().await.iter().filter(|row| is_record(row)).count(), before);
    let theirs = world.server_key().get(&format!("{PATH}?customerId=cus_123")).await.expect(200);
    assert_eq!(theirs["conversations"].as_array().map(Vec::len), Some(1));
    world.assert_sound().await;
}

#[tokio::test]
async fn anonymous_visitor_cannot_claim_identity() {
    let world = World::new().await;
    for id in ["cus_123", "anon_01900000-0000-7000-8000-000000000001"] {
        let mut body = opening();
        body["customer"] = json!({ "id": id });
        let _ = world.client_key().post(PATH, &body).await.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn retry_recovers_lost_response_with_token() {
    let world = World::new().await;
    let key = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";
    let post = || world.client_key().ask(Method::POST, PATH).header("idempotency-key", key).json(&opening());
    let first = post().send().await.expect(201);
    let again = post().send().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let again = again.expect(201);
    assert_eq!(again["conversation"], first["conversation"]);
    for answer in [&first, &again] {
        let token = answer["customerToken"].as_str().expect("a token");
        assert!(world.all_rows().await.iter().all(|row| !row.0.to_string().contains(token)), "tokens are not stored");
        let own = world.client_key().on_behalf_of(token).get(PATH).await.expect(200);
        assert_eq!(own["conversations"].as_array().map(Vec::len), Some(1));
    }
    let list = world.server_key().get(PATH).await.expect(200);
    assert_eq!(list["conversations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn strangers_with_one_key_do_not_meet() {
    let world = World::new().await;
    let key = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";
    let post =
        |body: Value| world.client_key().ask(Method::POST, PATH).header("idempotency-key", key).json(&body).send();
    let first = post(opening()).await.expect(201);
    let mut body = opening();
    body["message"] = json!({ "body": "Somebody else wrote this." });
    let other = post(body).await;
    assert_eq!(other.header("idempotent-replayed"), None);
    let other = other.expect(201);
    assert_ne!(other["conversation"]["customer"]["id"], first["conversation"]["customer"]["id"]);
}

#[tokio::test]
async fn guessable_key_of_anonymous_visitor_is_refused() {
    let world = World::new().await;
    for key in ["k", "my-conversation-1", "0000000000000000000000000000", "abcabcabcabcabcabcabcabcabc"] {
        let ask = world.client_key().ask(Method::POST, PATH).header("idempotency-key", key).json(&opening());
        let _ = ask.send().await.expect_invalid(&["Idempotency-Key"]);
    }
    let (world, secret) = super::world().await;
    let ada = super::browser(&world, &secret, "cus_123");
    let known = ada.ask(Method::POST, PATH).header("idempotency-key", "k").json(&opening());
    let _ = known.send().await.expect(201);
}

#[tokio::test]
async fn anonymous_token_lasts_30_days_and_is_renewed() {
    let (world, _) = world().await;
    let opened = world.client_key().post(PATH, &opening()).await.expect(201);
    let token = opened["customerToken"].as_str().expect("a token");
    let ada = world.client_key().on_behalf_of(token);
    assert_eq!(ada.get(PATH).await.header("x-customer-token"), None);
    world.clock.advance_millis(DAY);
    let answer = ada.get(PATH).await;
    let renewed = answer.header("x-customer-token").expect("a fresh token").to_owned();
    let own = answer.expect(200)["conversations"].clone();
    assert_ne!(renewed, token);
    world.clock.advance_millis(29 * DAY - 120_000);
    let _ = ada.get(PATH).await.expect(200);
    world.clock.advance_millis(200_000);
    let _ = ada.get(PATH).await.expect_problem(401, "unauthorized");
    let later = world.client_key().on_behalf_of(&renewed);
    assert_eq!(later.get(PATH).await.expect(200)["conversations"], own);
}

#[tokio::test]
async fn secret_rotation_keeps_anonymous_tokens_valid() {
    let (world, _) = world().await;
    let opened = world.client_key().post(PATH, &opening()).await.expect(201);
    let ada = world.client_key().on_behalf_of(opened["customerToken"].as_str().expect("a token"));
    let _ = world.rotate_identity().await;
    let _ = world.rotate_identity().await;
    world.clock.advance_millis(2 * DAY);
    let _ = ada.get(PATH).await.expect(200);
}
