//! Helpers for the proofs.

use std::{panic::AssertUnwindSafe, pin::Pin, sync::Arc};

use deskless_tests::World;
use futures_util::{FutureExt, StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use crate::document;

/// The path of conversations.
pub const CONVERSATIONS: &str = "/api/v1/conversations";

/// A world for each proof.
pub type W = Arc<World>;

type Proof = Pin<Box<dyn Future<Output = ()>>>;

/// A part of a service's API, and the proof that ours supports it.
pub struct Row {
    /// The ID of the row in the document.
    pub id: &'static str,
    prove: Box<dyn Fn(W) -> Proof>,
}

/// Creates a row.
pub fn row<F: Future<Output = ()> + 'static>(id: &'static str, prove: impl Fn(W) -> F + 'static) -> Row {
    Row { id, prove: Box::new(move |world| Box::pin(prove(world))) }
}

/// Proves every row in its own world, and checks the document against the recorded traffic.
pub async fn walk(service: &str, rows: Vec<Row>) {
    let document = document::rows();
    let failures = stream::iter(rows)
        .map(|row| {
            let line = document.iter().find(|line| line.service == service && line.id == row.id);
            async move {
                let world = Arc::new(World::new().await);
                world.record_traffic();
                if AssertUnwindSafe((row.prove)(Arc::clone(&world))).catch_unwind().await.is_err() {
                    return Some(format!("{service} {}: the proof failed", row.id));
                }
                world.assert_sound().await;
                let unproved = line.map(|line| line.unproved(&world.traffic())).unwrap_or_default();
                (!unproved.is_empty()).then(|| format!("{service} {}: no request uses {unproved:?}", row.id))
            }
        })
        .buffered(8)
        .filter_map(async |failure| failure)
        .collect::<Vec<_>>()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns a minimal conversation with these additional fields.
#[expect(clippy::needless_pass_by_value, reason = "callers pass literals")]
pub fn with(fields: Value) -> Value {
    let mut body = deskless_tests::minimal_conversation();
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// Creates a conversation.
pub async fn open(w: &World, fields: Value) -> Value {
    w.server_key().open(&with(fields)).await
}

/// Returns the path of a conversation.
pub fn at(conversation: &Value) -> String {
    format!("{CONVERSATIONS}/{}", conversation["id"].as_str().expect("an id"))
}

/// Returns the current conversation.
pub async fn now(w: &World, conversation: &Value) -> Value {
    w.server_key().get(&at(conversation)).await.expect(200)["conversation"].clone()
}

/// Updates a conversation.
pub async fn patch(w: &World, conversation: &Value, change: Value) -> Value {
    w.server_key().patch(&at(conversation), &change).await.expect(200)["conversation"].clone()
}

/// Returns the IDs of the conversations that a query finds.
pub async fn found(w: &World, query: &str) -> Vec<Value> {
    let list = w.server_key().get(&format!("{CONVERSATIONS}?{query}")).await.expect(200);
    list["conversations"].as_array().expect("an array").iter().map(|one| one["id"].clone()).collect()
}

/// Asserts that a query finds the first conversation and none of the others.
pub async fn finds(w: &World, query: &str, wanted: &Value, others: &[&Value]) {
    let ids = found(w, query).await;
    assert!(ids.contains(&wanted["id"]), "{query}");
    assert!(others.iter().all(|other| !ids.contains(&other["id"])), "{query}");
}

/// Creates a message.
pub async fn say(w: &World, conversation: &Value, body: Value) -> Value {
    let path = format!("{}/messages", at(conversation));
    w.server_key().post(&path, &body).await.expect(201)["message"].clone()
}

/// Returns a page of a thread.
pub async fn thread(w: &World, conversation: &Value, query: &str) -> Value {
    w.server_key().get(&format!("{}/messages{query}", at(conversation))).await.expect(200)
}

/// Creates a workspace resource and returns it.
pub async fn make(w: &World, path: &str, one: &str, body: Value) -> Value {
    w.server_key().post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
}

/// Creates a member.
pub async fn member(w: &World, name: &str) -> Value {
    make(w, "members", "member", json!({ "name": name, "email": format!("{name}@example.com") })).await
}

/// Deletes a resource.
pub async fn delete(w: &World, path: &str) {
    assert_eq!(w.server_key().ask(Method::DELETE, path).send().await.status.as_u16(), 204);
}

/// Creates a row: a conversation that is created with these fields returns this value at this pointer.
pub fn shows(id: &'static str, fields: Value, pointer: &'static str, wanted: Value) -> Row {
    row(id, move |w| {
        let (fields, wanted) = (fields.clone(), wanted.clone());
        async move {
            let opened = open(&w, fields).await;
            assert_eq!(opened.pointer(pointer), Some(&wanted), "{opened:#}");
            assert_eq!(now(&w, &opened).await, opened);
        }
    })
}

/// Creates this many conversations, oldest first.
pub async fn several(w: &World, count: usize, fields: Value) -> Vec<Value> {
    let mut opened = Vec::new();
    for _ in 0..count {
        opened.push(open(w, fields.clone()).await);
    }
    opened
}

/// Reads a list to its end with this page size, and returns the IDs of each page.
pub async fn pages(w: &World, path: &str, plural: &str, size: usize) -> Vec<Vec<Value>> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = w.server_key().get(&format!("{path}{sign}limit={size}{cursor}")).await.expect(200);
        pages.push(page[plural].as_array().expect("rows").iter().map(|row| row["id"].clone()).collect());
        if page["hasMore"] == false {
            return pages;
        }
        cursor = format!("&cursor={}", page["nextCursor"].as_str().expect("a cursor"));
    }
}

/// Returns the IDs of conversations or messages.
pub fn ids(objects: &[Value]) -> Vec<Value> {
    objects.iter().map(|object| object["id"].clone()).collect()
}

/// Returns the IDs, newest first.
pub fn newest_first(objects: &[Value]) -> Vec<Value> {
    let mut ids = ids(objects);
    ids.reverse();
    ids
}
