//! The time of lists in a large table, relative to a small one.

use std::{collections::HashMap, time::Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use deskless_domain::{Channel, ConversationId, MessageId};
use deskless_infra::engine::TABLE;
use deskless_runtime::SystemClock;
use futures_util::future::try_join_all;
use http::Method;

use crate::{
    bodies::{CONVERSATIONS, full, message},
    figure::{Figures, Samples},
    recording::{Recorder, Trips, puts},
    stack::{Stack, Tenant},
};

const TARGET: f64 = 1.2;
const SMALL: usize = 1_000;
const TURNS: usize = 400;
const WARM_UP: usize = 40;

type Item = HashMap<String, AttributeValue>;

/// A filled table, with as many messages in its longest thread as conversations.
struct FilledTable {
    tenant: Tenant,
    thread: String,
    _stack: Stack,
}

/// Measures lists in tables of 1,000 and of `scale` rows.
pub async fn measure(scale: usize) -> Result<Figures> {
    let small = FilledTable::filled(SMALL).await?;
    let started = Instant::now();
    let large = FilledTable::filled(scale).await?;
    let mut figures = Figures::new(format!(
        "Time of a list with {scale} rows, relative to {SMALL} rows ({TURNS} turns; loading {scale} conversations and as \
         many messages took {:.0} s)",
        started.elapsed().as_secs_f64(),
    ));
    for (name, path) in [
        ("list 20 conversations", CONVERSATIONS),
        ("list 20 open conversations", "/api/v1/conversations?status=open"),
        ("list 20 conversations, oldest first", "/api/v1/conversations?order=asc"),
    ] {
        figures.ratio(name, &turns((&large, path), (&small, path)).await?, TARGET);
    }
    for (name, query) in [("first page of a thread", ""), ("first page of a thread, newest first", "?order=desc")] {
        let path = |world: &FilledTable| format!("{}/messages{query}", world.thread);
        figures.ratio(name, &turns((&large, &path(&large)), (&small, &path(&small))).await?, TARGET);
    }
    Ok(figures)
}

async fn turns(ours: (&FilledTable, &str), baseline: (&FilledTable, &str)) -> Result<Samples> {
    let mut samples = Samples::default();
    for turn in 0..WARM_UP + TURNS {
        let mut times = Vec::new();
        for (world, path) in [ours, baseline] {
            let request = world.tenant.request(Method::GET, path, None, None)?;
            let started = Instant::now();
            world.tenant.send(request).await?;
            times.push(started.elapsed());
        }
        if turn >= WARM_UP {
            samples.add(times[0], times[1]);
        }
    }
    Ok(samples)
}

impl FilledTable {
    /// Creates the first rows through the API, and copies of them with new IDs directly.
    async fn filled(rows: usize) -> Result<Self> {
        let stack = Stack::start().await?;
        let tenant = stack.tenant(stack.client()).await?;
        let recorder = Recorder::default();
        let recorded_tenant = Stack::with_client(&tenant, recorder.record_through(&stack.client()));

        let mut models = Vec::new();
        let mut newest = String::new();
        for (turn, status) in ["open", "waiting", "solved"].into_iter().enumerate() {
            let mut body = full(turn);
            body["status"] = status.into();
            let opened = recorded_tenant.post(CONVERSATIONS, &body).await?;
            opened["conversation"]["id"].as_str().context("a conversation has an id")?.clone_into(&mut newest);
            models.push((newest.clone(), model(recorder.take(), "gsi2pk")?));
        }
        let thread = format!("{CONVERSATIONS}/{newest}");
        let added = recorded_tenant.post(&format!("{thread}/messages"), &message(0)).await?;
        let first = added["message"]["id"].as_str().and_then(MessageId::parse).context("a message has an id")?;
        let said = model(recorder.take(), "body")?;

        let conversations = (0..rows).map(|row| {
            let (id, model) = &models[row % models.len()];
            copy(model, id, &ConversationId::on(Channel::Api, &SystemClock).to_string())
        });
        load(&stack.client(), conversations).await?;
        let mut last = first;
        let messages = (1..rows).map(|_| {
            last = MessageId::following(last, 0, &SystemClock);
            copy(&said, &first.to_string(), &last.to_string())
        });
        load(&stack.client(), messages).await?;
        Ok(Self { tenant, thread, _stack: stack })
    }
}

/// Returns the written item that has this attribute.
fn model(trips: Trips, attribute: &str) -> Result<Item> {
    puts(trips).find(|item| item.contains_key(attribute)).context("the item was not written")
}

/// Returns a copy of an item with its ID replaced everywhere.
fn copy(model: &Item, from: &str, to: &str) -> Item {
    let replaced = |value: &AttributeValue| match value {
        AttributeValue::S(text) => AttributeValue::S(text.replace(from, to)),
        other => other.clone(),
    };
    model.iter().map(|(name, value)| (name.clone(), replaced(value))).collect()
}

/// Writes the items in batches of 25, four batches at a time.
async fn load(client: &Client, items: impl Iterator<Item = Item>) -> Result<()> {
    let mut items = items.peekable();
    while items.peek().is_some() {
        let mut batches = Vec::new();
        for _ in 0..4 {
            let mut batch = Vec::new();
            for item in items.by_ref().take(25) {
                let put = PutRequest::builder().set_item(Some(item)).build()?;
                batch.push(WriteRequest::builder().put_request(put).build());
            }
            if !batch.is_empty() {
                batches.push(client.batch_write_item().request_items(TABLE, batch).send());
            }
        }
        for written in try_join_all(batches).await? {
            ensure!(written.unprocessed_items.is_none_or(|rest| rest.is_empty()), "the engine did not write all items");
        }
    }
    Ok(())
}
