//! Rows of the documents of the services: each row of a table in `docs/dialects/{name}.md` has a proof, and each proof a row.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, pin::Pin, sync::Arc};

use deskless_tests::{Role, TestResponse, World};
use futures_util::{FutureExt, StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

/// A world for each proof.
pub type W = Arc<World>;

type Proof = Pin<Box<dyn Future<Output = ()>>>;

/// A row of a service's document, and the proof that the dialect does what it says.
pub struct Row {
    id: &'static str,
    prove: Box<dyn Fn(W) -> Proof>,
}

/// Creates a row.
pub fn row<F: Future<Output = ()> + 'static>(id: &'static str, prove: impl Fn(W) -> F + 'static) -> Row {
    Row { id, prove: Box::new(move |world| Box::pin(prove(world))) }
}

/// Returns the ids of the rows of a document: those of the tables with three columns whose first one has a name in backticks.
fn documented(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    rows.filter(|cells| cells.len() == 3).map(|cells| cells[0].trim_matches('`')).collect()
}

/// Proves every row in its own world, and compares the rows with the document.
pub async fn walk(document: &str, rows: Vec<Row>) {
    let written = documented(document);
    let proved: Vec<_> = rows.iter().map(|row| row.id).collect();
    for list in [&written, &proved] {
        assert_eq!(list.len(), list.iter().collect::<BTreeSet<_>>().len(), "a row is duplicated: {list:?}");
    }
    let without_proof: Vec<_> = written.iter().filter(|id| !proved.contains(id)).collect();
    let without_row: Vec<_> = proved.iter().filter(|id| !written.contains(id)).collect();
    assert!(without_proof.is_empty() && without_row.is_empty(), "no proof: {without_proof:?}, no row: {without_row:?}");
    let failures = stream::iter(rows)
        .map(|row| async move {
            let world = Arc::new(World::new().await);
            let has_failed = AssertUnwindSafe((row.prove)(Arc::clone(&world))).catch_unwind().await.is_err();
            if !has_failed {
                world.assert_sound().await;
            }
            has_failed.then_some(row.id)
        })
        .buffered(4)
        .filter_map(async |failure| failure)
        .collect::<Vec<_>>()
        .await;
    assert!(failures.is_empty(), "the proofs of these rows failed: {failures:?}");
}

/// Asserts that an object has exactly these keys.
#[track_caller]
pub fn has_keys(object: &Value, keys: &[&str]) {
    let own: BTreeSet<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(own, keys.iter().copied().collect(), "{object:#}");
}

/// Sends a request with a JSON body, if there is one.
pub async fn send(role: &Role<'_>, method: Method, path: &str, body: Option<&Value>) -> TestResponse {
    let ask = role.ask(method, path);
    match body {
        Some(body) => ask.json(body).send().await,
        None => ask.send().await,
    }
}

/// Creates a resource with our own API and returns it.
pub async fn make(w: &World, path: &str, one: &str, body: Value) -> Value {
    let answer = w.server_key().post(&format!("/api/v1/{path}"), &body).await;
    assert!(answer.status.is_success(), "{answer:?}");
    answer.json()[one].clone()
}

/// Creates a conversation with our own API, with these additional fields.
pub async fn open(w: &World, fields: Value) -> Value {
    let mut body = deskless_tests::minimal_conversation();
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    w.server_key().open(&body).await
}

/// Returns a conversation as our own API shows it.
pub async fn ours(w: &World, id: &Value) -> Value {
    let path = format!("/api/v1/conversations/{}", id.as_str().expect("an id"));
    w.server_key().get(&path).await.expect(200)["conversation"].clone()
}

/// Updates a conversation with our own API.
pub async fn update(w: &World, id: &Value, change: Value) {
    let path = format!("/api/v1/conversations/{}", id.as_str().expect("an id"));
    let _ = w.server_key().patch(&path, &change).await.expect(200);
}

/// Adds a message with our own API.
pub async fn say(w: &World, id: &Value, body: Value) -> Value {
    let path = format!("/api/v1/conversations/{}/messages", id.as_str().expect("an id"));
    w.server_key().post(&path, &body).await.expect(201)["message"].clone()
}

/// Creates a member.
pub async fn member(w: &World, name: &str) -> Value {
    make(w, "members", "member", json!({ "name": name, "email": format!("{name}@yourcompany.com") })).await
}
