//! Measures how long the purge of one workspace delays the automations of another one.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::{Role, Row, World, minimal_conversation, packed};

/// The number of executions that are measured in each state.
const EXECUTIONS: usize = 5;

/// The longest times from an event to the end of the execution that it triggers.
#[derive(Debug, Clone, Copy)]
pub struct PurgeDelays {
    /// Without any other work.
    pub alone: Duration,
    /// While another workspace deletes its conversations.
    pub during: Duration,
    /// How many of the executions finished before the purge did.
    pub finished_during: usize,
    /// The time from the deletion to the end of the purge.
    pub purge: Duration,
}

/// Deletes conversations with messages in one workspace, and runs automations in another one. Each worker has this many
/// lanes. With one, every execution is behind the purge.
///
/// # Panics
/// If a request fails.
pub async fn measure_purge_delays(conversations: usize, messages: usize, lanes: usize) -> PurgeDelays {
    let world = Arc::new(World::new().await);
    let other = world.other_workspace();
    let automation = json!({
        "name": "Note", "trigger": "conversation.created", "actions": [{ "action": "note", "body": "Seen" }],
    });
    let automation = other.post("/api/v1/automations", &automation).await.expect(201)["automation"]["id"].clone();
    let executions = format!("/api/v1/automations/{}/executions", automation.as_str().expect("an id"));
    world.disable_stream().await;
    let ids = fill(&world, conversations, messages).await;
    world.enable_stream().await;
    let _lanes = world.run_lanes(lanes).await;
    let mut alone = Duration::ZERO;
    for _ in 0..EXECUTIONS {
        alone = alone.max(run(&other, &executions).await);
    }
    let started = Instant::now();
    for ids in ids.chunks(100) {
        let body = json!({ "action": "delete", "conversationIds": ids });
        let _ = world.server_key().post("/api/v1/bulk-actions", &body).await.expect(200);
    }
    let queue = format!("{}#P", world.prefix());
    let is_due = async || world.row(&queue, "A").await.is_some_and(|queue| queue.get("job").is_some());
    let mut ticks = interval(Duration::from_millis(20));
    while !is_due().await {
        let _ = ticks.tick().await;
    }
    let (mut during, mut finished_during) = (Duration::ZERO, 0);
    for _ in 0..EXECUTIONS {
        during = during.max(run(&other, &executions).await);
        finished_during += usize::from(is_due().await);
    }
    while is_due().await {
        let _ = ticks.tick().await;
    }
    let purge = started.elapsed();
    let ids: Vec<_> = ids.iter().map(packed).collect();
    let left = world
        .rows()
        .await
        .into_iter()
        .filter(|row| row.sk() != "Z" && ids.iter().any(|id| row.pk().ends_with(id.as_str())))
        .count();
    assert_eq!(left, 0, "the purge is not complete");
    PurgeDelays { alone, during, finished_during, purge }
}

/// Creates conversations in the first workspace, and writes their messages directly.
async fn fill(world: &World, conversations: usize, messages: usize) -> Vec<String> {
    let role = world.server_key();
    let mut ids = Vec::new();
    for _ in 0..conversations {
        ids.push(role.open(&minimal_conversation()).await["id"].as_str().expect("an id").to_owned());
    }
    let said = role.post(&format!("/api/v1/conversations/{}/messages", ids[0]), &json!({ "body": "Hi" })).await;
    let _ = said.expect(201);
    let rows = world.rows().await;
    let message = rows.iter().find(|row| row.sk().starts_with("M#")).expect("a message");
    for id in &ids {
        let planted: Vec<Row> = (0..messages)
            .map(|i| {
                let mut row = message.clone();
                row.0["pk"] = json!({ "S": world.pk("C", id) });
                row.0["sk"] = json!({ "S": format!("M#{}", packed(format!("02000000-0000-7000-8000-{i:012}"))) });
                row
            })
            .collect();
        world.plant(&planted).await;
    }
    ids
}

/// Creates a conversation, and waits until the execution that it triggers has finished.
async fn run(role: &Role<'_>, executions: &str) -> Duration {
    let started = Instant::now();
    let id = role.open(&minimal_conversation()).await["id"].clone();
    let mut ticks = interval(Duration::from_millis(10));
    loop {
        let page = role.get(executions).await.expect(200);
        let is_done = |execution: &Value| execution["conversationId"] == id && !execution["finishedAt"].is_null();
        if page["executions"].as_array().expect("executions").iter().any(is_done) {
            return started.elapsed();
        }
        let _ = ticks.tick().await;
    }
}
