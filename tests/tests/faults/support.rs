use std::sync::Arc;

use deskless_tests::{Role, TestResponse, Worker, World, record};
use http::Method;
use serde_json::Value;

pub const CONVERSATIONS: &str = "/api/v1/conversations";

/// Sends this many requests at once, each in its own task, and returns the responses in order.
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

/// Sends a POST, with an idempotency key if given, without advancing the clock.
pub async fn post(role: Role<'_>, path: &str, key: Option<&str>, body: &Value) -> TestResponse {
    let mut ask = role.ask(Method::POST, path).json(body);
    if let Some(key) = key {
        ask = ask.header("idempotency-key", key);
    }
    ask.send_now().await
}

/// Returns all rows of a list, from all pages.
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

/// Returns a string field.
pub fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("{name} is not a string: {object}")).to_owned()
}

/// Takes the steps of the workspace's queue of removals. For worlds without a stream.
pub async fn run_removals(world: &World) {
    let queue = format!("{}#P", world.prefix());
    while let Some(due) = world.row(&queue, "A").await.filter(|queue| queue.get("job").is_some()) {
        assert!(Box::pin(world.deliver_once(Worker::Jobs, &[record(1, None, Some(&due))])).await);
    }
}

/// Held by tests that use all cores, since they measure time.
pub static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
