//! Attempts to act as another customer.

use std::collections::BTreeMap;

use deskless_tests::{Role, TestResponse, example_conversation};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, browser, opening, path_of, world};

const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

/// Returns everything that the caller sees, except the request ID and the remaining rate limit.
fn visible(answer: &TestResponse) -> (u16, BTreeMap<String, String>, Value) {
    let told = |name: &str| !["x-request-id", "ratelimit"].contains(&name);
    let headers = answer.headers.iter().filter(|(name, _)| told(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    let mut body = answer.json();
    if let Some(id) = body.get_mut("requestId") {
        *id = Value::Null;
    }
    (answer.status.as_u16(), headers, body)
}

async fn thread_of(role: &Role<'_>, path: &str) -> Value {
    role.get(&format!("{path}/messages")).await.expect(200)["messages"].clone()
}

#[tokio::test]
async fn foreign_and_missing_conversations_look_alike() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    let path = path_of(&ada.post(PATH, &opening()).await.expect(201)["conversation"]);
    let before = thread_of(&ada, &path).await;
    let rows = world.rows().await.len();
    let stranger = world.client_key().post(PATH, &opening()).await.expect(201);
    let anonymous = world.client_key().on_behalf_of(stranger["customerToken"].as_str().expect("a token"));
    let more = world.rows().await.len();
    assert!(more > rows);
    let nowhere = format!("{PATH}/{UNKNOWN}");
    for eve in [browser(&world, &secret, "cus_eve"), anonymous] {
        for (method, behind, body) in [
            (Method::GET, "", None),
            (Method::HEAD, "", None),
            (Method::GET, "/messages", None),
            (Method::GET, "/messages?order=desc&limit=1", None),
            (Method::POST, "/messages", Some(json!({ "body": "It was me." }))),
        ] {
            let ask = async |path: &str| {
                let ask = eve.ask(method.clone(), &format!("{path}{behind}"));
                match &body {
                    Some(body) => ask.json(body).send().await,
                    None => ask.send().await,
                }
            };
            let (theirs, none) = (ask(&path).await, ask(&nowhere).await);
            assert_eq!(visible(&theirs), visible(&none), "{method} {behind}");
            assert_eq!(theirs.status, 404);
        }
        let change = eve.patch(&path, &json!({ "status": "solved" })).await;
        let _ = change.expect_problem(403, "forbidden");
        assert!(!eve.get(PATH).await.expect(200).to_string().contains("cus_ada"));
    }
    assert_eq!(thread_of(&ada, &path).await, before);
    assert_eq!(world.rows().await.len(), more, "nothing was written");
    world.assert_sound().await;
}

#[tokio::test]
async fn customer_id_cannot_be_spoofed() {
    let (world, secret) = world().await;
    let theirs = world.server_key().open(&example_conversation()).await;
    let eve = browser(&world, &secret, "cus_eve");
    let mut body = opening();
    body["customer"] = json!({ "id": "cus_123" });
    let _ = eve.post(PATH, &body).await.expect_problem(403, "forbidden");
    let _ = eve.get(&format!("{PATH}?customerId=cus_123")).await.expect_invalid(&["customerId"]);
    // Customer IDs are compared exactly.
    for near in ["CUS_123", "cus_1234", "cus_12", "cus_123.", "anon_cus_123"] {
        let near = browser(&world, &secret, near);
        let _ = near.get(&path_of(&theirs)).await.expect_problem(404, "not_found");
        assert_eq!(near.get(PATH).await.expect(200)["conversations"], json!([]));
    }
}

#[tokio::test]
async fn email_and_external_id_give_no_access() {
    let (world, secret) = world().await;
    let theirs = world.server_key().open(&example_conversation()).await;
    let eve = browser(&world, &secret, "cus_eve");
    let mut body = opening();
    body["customer"] = json!({ "email": "ada@example.com" });
    for role in [&eve, &world.client_key()] {
        let opened = role.post(PATH, &body).await.expect(201)["conversation"].clone();
        assert_ne!(opened["customer"]["id"], "cus_123");
        assert_eq!(opened["customer"]["name"], Value::Null);
    }
    let list = eve.get(PATH).await.expect(200);
    assert_eq!(list["conversations"].as_array().map(Vec::len), Some(1), "only their own");
    let _ = eve.get(&format!("{PATH}?customerEmail=ada@example.com")).await.expect_invalid(&["customerEmail"]);
    let _ = eve.get(&format!("{PATH}?externalId=ticket_123")).await.expect_invalid(&["externalId"]);
    let mut body = opening();
    body["externalId"] = theirs["externalId"].clone();
    let _ = eve.post(PATH, &body).await.expect_invalid(&["externalId"]);
    let claimed = world.server_key().get(&format!("{PATH}?customerId=cus_123")).await.expect(200);
    assert_eq!(claimed["conversations"], json!([theirs]));
}

#[tokio::test]
async fn idempotency_key_gives_no_access() {
    let (world, secret) = world().await;
    let (ada, eve) = (browser(&world, &secret, "cus_ada"), browser(&world, &secret, "cus_eve"));
    let post = async |role: &Role<'_>, path: &str, body: &Value| {
        role.ask(Method::POST, path)
            .header("idempotency-key", "1e8b2f6c-7f0d-4a39-b5c4-90d2e6a7")
            .json(body)
            .send()
            .await
    };
    let first = post(&ada, PATH, &opening()).await.expect(201)["conversation"].clone();
    let answer = post(&eve, PATH, &opening()).await;
    assert_eq!(answer.header("idempotent-replayed"), None);
    let second = answer.expect(201)["conversation"].clone();
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["customer"]["id"], "cus_eve");
    let thread = format!("{}/messages", path_of(&first));
    let said = json!({ "body": "Hi" });
    let _ = post(&ada, &thread, &said).await.expect(201);
    let _ = post(&eve, &thread, &said).await.expect_problem(404, "not_found");
    let stranger = post(&world.client_key(), PATH, &opening()).await.expect(201);
    assert_ne!(stranger["conversation"]["id"], first["id"]);
    // A server key does not get the stored response of a client key either.
    let mut whole = opening();
    whole["customer"] = json!({ "id": "cus_ada" });
    assert_eq!(post(&world.server_key(), PATH, &whole).await.header("idempotent-replayed"), None);
}

#[tokio::test]
async fn foreign_cursor_gives_no_access() {
    let (world, secret) = world().await;
    let (ada, eve) = (browser(&world, &secret, "cus_ada"), browser(&world, &secret, "cus_eve"));
    for role in [&ada, &ada, &eve, &eve] {
        let _ = role.post(PATH, &opening()).await.expect(201);
    }
    let page = ada.get(&format!("{PATH}?limit=1")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a next page");
    let go_on = format!("{PATH}?limit=1&cursor={cursor}");
    let _ = ada.get(&go_on).await.expect(200);
    let _ = eve.get(&go_on).await.expect_problem(400, "invalid_cursor");
}

#[tokio::test]
async fn foreign_token_gives_no_access() {
    let (world, secret) = world().await;
    let theirs = world.rotate_other_identity().await;
    let ada = browser(&world, &secret, "cus_ada");
    let path = path_of(&ada.post(PATH, &opening()).await.expect(201)["conversation"]);
    // Signed by the other workspace, for our workspace and for its own.
    let forged = world.token(&theirs, "cus_ada");
    let _ = world.client_key().on_behalf_of(&forged).get(&path).await.expect_problem(401, "unauthorized");
    let customer = deskless_domain::CustomerId::parse("cus_ada".to_owned()).expect("an id");
    let now = deskless_domain::Clock::now(&*world.clock);
    let honest = deskless_api::token::sign(&theirs, world.other, &customer, now, 60).expect("a token");
    let _ = world.client_key().on_behalf_of(&honest).get(&path).await.expect_problem(401, "unauthorized");
    // Signed by our workspace, for the other one.
    let astray = deskless_api::token::sign(&secret, world.other, &customer, now, 60).expect("a token");
    let _ = world.client_key().on_behalf_of(&astray).get(&path).await.expect_problem(401, "unauthorized");
    // An API key is not a token, and a token is not an API key.
    let ours = world.key().secret.reveal();
    let _ = world.client_key().on_behalf_of(ours).get(&path).await.expect_problem(401, "unauthorized");
    let _ = world.with_secret(&world.token(&secret, "cus_ada")).get(&path).await.expect_problem(401, "unauthorized");
}
