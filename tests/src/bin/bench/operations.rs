//! Each operation of the API, through the router, over the SDK calls that it makes.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::Client;
use axum::body::Body;
use deskless_domain::WorkspaceId;
use http::{Method, Request};
use serde_json::json;

use crate::{
    bodies::{CONVERSATIONS, full, message, minimal},
    figure::{Figures, Samples},
    recording::{Recorder, Trips, moved, play},
    stack::{Stack, Tenant},
};

const TARGET: f64 = 1.15;
const TURNS: usize = 400;
/// Turns before those that count: connections, caches and the processor's clock get into step.
const WARM_UP: usize = 40;

/// What an operation may work on.
struct Place {
    conversation: String,
    thread: String,
    message: String,
}

type Make = fn(&Tenant, &Place, usize) -> Result<Request<Body>>;

const OPERATIONS: [(&str, Make); 11] = [
    ("open a conversation", |tenant, _, _| tenant.request(Method::POST, CONVERSATIONS, Some(&minimal()), None)),
    ("… with externalId and a new customer", |tenant, _, turn| {
        tenant.request(Method::POST, CONVERSATIONS, Some(&full(turn)), None)
    }),
    ("… with Idempotency-Key", |tenant, _, turn| {
        tenant.request(Method::POST, CONVERSATIONS, Some(&minimal()), Some(&format!("open-{turn}")))
    }),
    ("retrieve a conversation", |tenant, place, _| tenant.request(Method::GET, &place.conversation, None, None)),
    ("change a conversation", |tenant, place, turn| {
        let change = json!({ "status": (["open", "waiting", "solved"][turn % 3]), "priority": "high", "tags": ["billing", "vip"] });
        tenant.request(Method::PATCH, &place.conversation, Some(&change), None)
    }),
    ("list 20 conversations", |tenant, _, _| tenant.request(Method::GET, CONVERSATIONS, None, None)),
    ("list 20 open conversations", |tenant, _, _| {
        tenant.request(Method::GET, &format!("{CONVERSATIONS}?status=open"), None, None)
    }),
    ("add a message", |tenant, place, turn| {
        tenant.request(Method::POST, &format!("{}/messages", place.conversation), Some(&message(turn)), None)
    }),
    ("… with Idempotency-Key", |tenant, place, turn| {
        let path = format!("{}/messages", place.conversation);
        tenant.request(Method::POST, &path, Some(&message(turn)), Some(&format!("say-{turn}")))
    }),
    ("list a thread of 100 messages", |tenant, place, _| {
        tenant.request(Method::GET, &format!("{}/messages", place.thread), None, None)
    }),
    ("retrieve a message", |tenant, place, _| tenant.request(Method::GET, &place.message, None, None)),
];

/// Makes what the operations work on. The same steps make the same table in each workspace.
async fn prepare(tenant: &Tenant) -> Result<Place> {
    let mut paths = Vec::new();
    for turn in 0..30 {
        let opened = tenant.post(CONVERSATIONS, &full(1_000_000 + turn)).await?;
        let id = opened["conversation"]["id"].as_str().context("a conversation has an id")?;
        paths.push(format!("{CONVERSATIONS}/{id}"));
    }
    let [conversation, thread, ..] = paths.as_slice() else { unreachable!("thirty were opened") };
    let mut newest = String::new();
    for turn in 0..100 {
        let added = tenant.post(&format!("{thread}/messages"), &message(turn)).await?;
        added["message"]["id"].as_str().context("a message has an id")?.clone_into(&mut newest);
    }
    let message = format!("{thread}/messages/{newest}");
    Ok(Place { conversation: conversation.clone(), thread: thread.clone(), message })
}

/// Our callers, and the workspace in which the recorded calls are asked again.
struct Scene {
    recorder: Recorder,
    overheard: (Tenant, Place),
    ours: (Tenant, Place),
    least: WorkspaceId,
    client: Client,
}

/// Measures all operations.
pub async fn measure(stack: &Stack) -> Result<Figures> {
    let recorder = Recorder::default();
    let overheard = stack.tenant(recorder.overhear(&stack.client())).await?;
    recorder.take();
    let place = prepare(&overheard).await?;
    let prepared = recorder.take();
    let ours = stack.tenant(stack.client()).await?;
    let our_place = prepare(&ours).await?;
    let least = stack.tenant(stack.client()).await?.id;
    let client = stack.client();
    play(&client, moved(&prepared, overheard.id, least)).await?;
    let scene = Scene { recorder, overheard: (overheard, place), ours: (ours, our_place), least, client };

    let mut figures = Figures::new(format!(
        "A request through the router, over the same reads and writes asked of the SDK directly ({TURNS} turns)"
    ));
    for (name, make) in OPERATIONS {
        if !name.contains(&std::env::var("ONLY").unwrap_or_default()) {
            continue;
        }
        figures.ratio(name, &scene.measure(make).await?, TARGET);
    }
    Ok(figures)
}

impl Scene {
    async fn measure(&self, make: Make) -> Result<Samples> {
        let recorded = self.record(make).await?;
        let (tenant, place) = &self.ours;
        let mut samples = Samples::default();
        for (turn, trips) in recorded.iter().enumerate() {
            let request = make(tenant, place, turn)?;
            let calls = moved(trips, self.overheard.0.id, self.least);
            if turn == 0 {
                tenant.send(request).await?;
                self.check(calls).await?;
                continue;
            }
            let ours = async {
                let begun = Instant::now();
                tenant.send(request).await?;
                anyhow::Ok(begun.elapsed())
            };
            let least = async {
                let begun = Instant::now();
                play(&self.client, calls).await?;
                anyhow::Ok(begun.elapsed())
            };
            // Who goes first changes, so that neither always finds what the other left in the caches.
            let (ours, least) = if turn % 2 == 0 {
                let ours = ours.await?;
                (ours, least.await?)
            } else {
                let least = least.await?;
                (ours.await?, least)
            };
            if turn >= WARM_UP {
                samples.add(ours, least);
            }
        }
        Ok(samples)
    }

    /// What each turn asks of the table.
    async fn record(&self, make: Make) -> Result<Vec<Trips>> {
        let (tenant, place) = &self.overheard;
        let mut turns = Vec::new();
        for turn in 0..WARM_UP + TURNS {
            tenant.send(make(tenant, place, turn)?).await?;
            turns.push(self.recorder.take());
        }
        Ok(turns)
    }

    /// Asks the calls where they are overheard: what is measured must be what was recorded, to the last parameter.
    async fn check(&self, calls: Trips) -> Result<()> {
        play(&self.recorder.overhear(&self.client), calls.clone()).await?;
        ensure!(self.recorder.take() == calls, "the calls asked again are not those that were recorded: {calls:#?}");
        Ok(())
    }
}
