//! What the proofs share.

use std::{panic::AssertUnwindSafe, pin::Pin, sync::Arc};

use deskless_tests::World;
use futures_util::{FutureExt, StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use crate::document;

/// Where conversations are.
pub const CONVERSATIONS: &str = "/api/v1/conversations";

/// A world of its own for each proof.
pub type W = Arc<World>;

type Proof = Pin<Box<dyn Future<Output = ()>>>;

/// One part of a service's API, and the proof that ours has it.
pub struct Row {
    /// What the document calls it.
    pub id: &'static str,
    prove: Box<dyn Fn(W) -> Proof>,
}

/// A row.
pub fn row<F: Future<Output = ()> + 'static>(id: &'static str, prove: impl Fn(W) -> F + 'static) -> Row {
    Row { id, prove: Box::new(move |world| Box::pin(prove(world))) }
}

/// Proves every row, each in a world of its own, and holds the document to what was asked and answered.
pub async fn walk(service: &str, rows: Vec<Row>) {
    let document = document::rows();
    let failures = stream::iter(rows)
        .map(|row| {
            let line = document.iter().find(|line| line.service == service && line.id == row.id);
            async move {
                let world = Arc::new(World::new().await);
                world.record_traffic();
                if AssertUnwindSafe((row.prove)(Arc::clone(&world))).catch_unwind().await.is_err() {
                    return Some(format!("{service} {}: is not so", row.id));
                }
                world.assert_sound().await;
                let unproved = line.map(|line| line.unproved(&world.traffic())).unwrap_or_default();
                (!unproved.is_empty()).then(|| format!("{service} {}: nobody asked for {unproved:?}", row.id))
            }
        })
        .buffered(8)
        .filter_map(async |failure| failure)
        .collect::<Vec<_>>()
        .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A conversation that says only what must be said, and these fields.
#[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are used")]
pub fn with(fields: Value) -> Value {
    let mut body = deskless_tests::minimal_conversation();
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// Opens one.
pub async fn open(w: &World, fields: Value) -> Value {
    w.server_key().open(&with(fields)).await
}

/// Where a conversation is.
pub fn at(conversation: &Value) -> String {
    format!("{CONVERSATIONS}/{}", conversation["id"].as_str().expect("an id"))
}

/// A conversation as it is now.
pub async fn now(w: &World, conversation: &Value) -> Value {
    w.server_key().get(&at(conversation)).await.expect(200)["conversation"].clone()
}

/// Changes a conversation.
pub async fn patch(w: &World, conversation: &Value, change: Value) -> Value {
    w.server_key().patch(&at(conversation), &change).await.expect(200)["conversation"].clone()
}

/// The ids of the conversations that a query finds.
pub async fn found(w: &World, query: &str) -> Vec<Value> {
    let list = w.server_key().get(&format!("{CONVERSATIONS}?{query}")).await.expect(200);
    list["conversations"].as_array().expect("an array").iter().map(|one| one["id"].clone()).collect()
}

/// Proves that a query finds the first of these and not the others.
pub async fn finds(w: &World, query: &str, wanted: &Value, others: &[&Value]) {
    let ids = found(w, query).await;
    assert!(ids.contains(&wanted["id"]), "{query}");
    assert!(others.iter().all(|other| !ids.contains(&other["id"])), "{query}");
}

/// Adds a message.
pub async fn say(w: &World, conversation: &Value, body: Value) -> Value {
    let path = format!("{}/messages", at(conversation));
    w.server_key().post(&path, &body).await.expect(201)["message"].clone()
}

/// A page of a thread.
pub async fn thread(w: &World, conversation: &Value, query: &str) -> Value {
    w.server_key().get(&format!("{}/messages{query}", at(conversation))).await.expect(200)
}

/// Makes something of the workspace and gives it.
pub async fn make(w: &World, path: &str, one: &str, body: Value) -> Value {
    w.server_key().post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
}

/// A member.
pub async fn member(w: &World, name: &str) -> Value {
    make(w, "members", "member", json!({ "name": name, "email": format!("{name}@example.com") })).await
}

/// Deletes what is there.
pub async fn delete(w: &World, path: &str) {
    assert_eq!(w.server_key().ask(Method::DELETE, path).send().await.status.as_u16(), 204);
}

/// A row that says: a conversation opened with these fields, read back, holds this value there.
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

/// Opens so many conversations, oldest first.
pub async fn several(w: &World, count: usize, fields: Value) -> Vec<Value> {
    let mut opened = Vec::new();
    for _ in 0..count {
        opened.push(open(w, fields.clone()).await);
    }
    opened
}

/// Walks a list to its end, so many at a time, and gives the ids page by page.
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

/// Ids of conversations or messages.
pub fn ids(objects: &[Value]) -> Vec<Value> {
    objects.iter().map(|object| object["id"].clone()).collect()
}

/// The same, newest first.
pub fn newest_first(objects: &[Value]) -> Vec<Value> {
    let mut ids = ids(objects);
    ids.reverse();
    ids
}
