//! The dialect `apex`, row by row of `docs/dialects/apex.md`, and with Feathers' REST client.

mod bulk;
mod conversations;
mod errors;
mod messages;
mod other;
mod queries;

use std::{collections::BTreeSet, panic::AssertUnwindSafe, pin::Pin, sync::Arc};

use deskless_tests::{Role, TestResponse, World, minimal_conversation};
use futures_util::{FutureExt, StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use crate::sdk;

const BASE: &str = "/dialects/apex";
const GUIDE: &str = include_str!("../../../docs/dialects/apex.md");

type W = Arc<World>;

/// What a proof does.
type Proof = Pin<Box<dyn Future<Output = ()>>>;

/// A row of the guide, and its proof.
struct Row {
    id: String,
    prove: Box<dyn Fn(W) -> Proof>,
}

fn row<F: Future<Output = ()> + 'static>(id: impl Into<String>, prove: impl Fn(W) -> F + 'static) -> Row {
    Row { id: id.into(), prove: Box::new(move |world| Box::pin(prove(world))) }
}

fn rows() -> Vec<Row> {
    [conversations::rows(), queries::rows(), messages::rows(), bulk::rows(), other::rows(), errors::rows()]
        .into_iter()
        .flatten()
        .collect()
}

/// Sends a request as a role.
async fn ask_as(role: &Role<'_>, method: Method, path: &str, body: Option<&Value>) -> TestResponse {
    let ask = role.ask(method, &format!("{BASE}{path}")).skip_validation();
    match body {
        Some(body) => ask.json(body).send().await,
        None => ask.send().await,
    }
}

async fn get(w: &World, path: &str) -> Value {
    ask_as(&w.server_key(), Method::GET, path, None).await.expect(200)
}

async fn post(w: &World, path: &str, body: Value) -> Value {
    ask_as(&w.server_key(), Method::POST, path, Some(&body)).await.expect(201)
}

async fn patch(w: &World, path: &str, body: Value) -> Value {
    ask_as(&w.server_key(), Method::PATCH, path, Some(&body)).await.expect(200)
}

async fn remove(w: &World, path: &str) -> Value {
    ask_as(&w.server_key(), Method::DELETE, path, None).await.expect(200)
}

/// Asserts that a request fails with this Feathers error, and returns it.
#[track_caller]
fn expect_error(answer: TestResponse, code: u16, name: &str) -> Value {
    let error = answer.expect(code);
    let class_name: String = name
        .chars()
        .enumerate()
        .flat_map(|(i, c)| {
            if c.is_uppercase() && i > 0 { vec!['-', c.to_ascii_lowercase()] } else { vec![c.to_ascii_lowercase()] }
        })
        .collect();
    assert_eq!((&error["name"], &error["code"], &error["className"]), (&json!(name), &json!(code), &json!(class_name)));
    assert!(error["errors"].is_object() && error["message"].is_string(), "{error}");
    error
}

/// Asserts that a query is refused, and returns the message.
async fn refused(w: &World, path: &str) -> String {
    let answer = ask_as(&w.server_key(), Method::GET, path, None).await;
    expect_error(answer, 400, "BadRequest")["message"].as_str().expect("a text").to_owned()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

/// Returns the ids of a page, and asserts that its total is their number.
#[track_caller]
fn ids(page: &Value) -> Vec<String> {
    let ids: Vec<_> = page["data"].as_array().expect("rows").iter().map(|row| id(row).to_owned()).collect();
    assert_eq!(page["total"], ids.len(), "{page}");
    ids
}

/// Creates a conversation through our own API.
async fn open(w: &World, fields: Value) -> Value {
    let mut body = minimal_conversation();
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    w.server_key().open(&body).await
}

/// Adds a customer's message through our own API.
async fn say(w: &World, conversation: &Value, body: Value) -> Value {
    let path = format!("/api/v1/conversations/{}/messages", id(conversation));
    w.server_key().post(&path, &body).await.expect(201)["message"].clone()
}

/// Creates a resource through our own API.
async fn make(w: &World, path: &str, one: &str, body: Value) -> Value {
    w.server_key().post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
}

async fn member(w: &World, email: &str) -> Value {
    make(w, "members", "member", json!({ "name": "Grace", "email": email })).await
}

/// Returns a conversation as our own API shows it.
async fn ours(w: &World, conversation: &str) -> Value {
    w.server_key().get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)["conversation"].clone()
}

/// Asserts that a filter finds exactly these conversations.
async fn finds(w: &World, query: &str, expected: &[&Value]) {
    let found: BTreeSet<String> = ids(&get(w, &format!("/conversations?{query}")).await).into_iter().collect();
    let expected: BTreeSet<String> = expected.iter().map(|conversation| id(conversation).to_owned()).collect();
    assert_eq!(found, expected, "{query}");
}

#[tokio::test]
async fn every_row_of_the_guide_is_proved() {
    let failures: Vec<String> = stream::iter(rows())
        .map(async |row| {
            let world = Arc::new(World::new().await);
            let proof = async {
                (row.prove)(Arc::clone(&world)).await;
                world.assert_sound().await;
            };
            AssertUnwindSafe(proof).catch_unwind().await.is_err().then_some(row.id)
        })
        .buffered(4)
        .filter_map(async |failure| failure)
        .collect()
        .await;
    assert_eq!(failures, Vec::<String>::new(), "these proofs failed");
}

#[test]
fn rows_of_the_guide_match_proofs() {
    let proved: Vec<String> = rows().into_iter().map(|row| row.id).collect();
    let written: Vec<String> = GUIDE
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| line.split('`').next().expect("an id").to_owned())
        .collect();
    for list in [&proved, &written] {
        assert_eq!(list.len(), list.iter().collect::<BTreeSet<_>>().len(), "a row is duplicated");
    }
    let (proved, written): (BTreeSet<_>, BTreeSet<_>) = (proved.into_iter().collect(), written.into_iter().collect());
    assert_eq!(proved.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in the guide");
    assert_eq!(written.difference(&proved).collect::<Vec<_>>(), Vec::<&String>::new(), "without a proof");
}

#[tokio::test(flavor = "multi_thread")]
async fn feathers_rest_client_works() {
    let world = World::new().await;
    sdk::node(&world, "apex", "flow.mjs").await;
    let _ = world.drain_events().await;
    world.assert_sound().await;
}
