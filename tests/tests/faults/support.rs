use std::sync::Arc;

use deskless_tests::{Answer, Role, World};
use http::Method;
use serde_json::Value;

pub const CONVERSATIONS: &str = "/api/v1/conversations";

/// Sends so many requests at once, each from a task of its own, and gives the answers in the order of the requests.
pub async fn at_once<F, T>(world: &Arc<World>, requests: usize, send: impl Fn(Arc<World>, usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks: Vec<_> = (0..requests).map(|i| tokio::spawn(send(Arc::clone(world), i))).collect();
    let mut results = Vec::with_capacity(requests);
    for task in tasks {
        results.push(task.await.expect("the task ends"));
    }
    results
}

/// Sends a POST, under an idempotency key if there is one, while the clock stands still.
pub async fn post(role: Role<'_>, path: &str, key: Option<&str>, body: &Value) -> Answer {
    let mut ask = role.ask(Method::POST, path).json(body);
    if let Some(key) = key {
        ask = ask.header("idempotency-key", key);
    }
    ask.send_now().await
}

/// Every row of a list, from its first page to its last.
pub async fn all(role: &Role<'_>, path: &str, plural: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut query = String::new();
    loop {
        let page = role.get(&format!("{path}?limit=100{query}")).await.expect(200);
        rows.extend(page[plural].as_array().expect("rows").iter().cloned());
        if page["hasMore"] == false {
            return rows;
        }
        query = format!("&cursor={}", page["nextCursor"].as_str().expect("a cursor"));
    }
}

/// A member that is a string.
pub fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("{name} is no string: {object}")).to_owned()
}

/// Held by tests that keep both cores busy: beside another of their kind they would measure each other.
pub static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
