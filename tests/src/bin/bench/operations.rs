//! The time of each API operation relative to its SDK calls alone.

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
    recording::{Recorder, Trips, relocated, replay},
    stack::{Stack, Tenant},
};

const TARGET: f64 = 1.15;
const TURNS: usize = 400;
/// Turns before the measurement, to warm up connections, caches and the CPU frequency.
const WARM_UP: usize = 40;

/// The paths of existing objects.
struct Paths {
    conversation: String,
    thread: String,
    message: String,
}

type Make = fn(&Tenant, &Paths, usize) -> Result<Request<Body>>;

const OPERATIONS: [(&str, Make); 11] = [
    ("create a conversation", |tenant, _, _| tenant.request(Method::POST, CONVERSATIONS, Some(&minimal()), None)),
    ("… with external ID and new customer", |tenant, _, turn| {
        tenant.request(Method::POST, CONVERSATIONS, Some(&full(turn)), None)
    }),
    ("… with Idempotency-Key", |tenant, _, turn| {
        tenant.request(Method::POST, CONVERSATIONS, Some(&minimal()), Some(&format!("open-{turn}")))
    }),
    ("get a conversation", |tenant, place, _| tenant.request(Method::GET, &place.conversation, None, None)),
    ("update a conversation", |tenant, place, turn| {
        let change = json!({ "status": (["open", "waiting", "solved"][turn % 3]), "priority": "high", "tags": ["billing", "vip"] });
        tenant.request(Method::PATCH, &place.conversation, Some(&change), None)
    }),
    ("list 20 conversations", |tenant, _, _| tenant.request(Method::GET, CONVERSATIONS, None, None)),
    ("list 20 open conversations", |tenant, _, _| {
        tenant.request(Method::GET, &format!("{CONVERSATIONS}?status=open"), None, None)
    }),
    ("create a message", |tenant, place, turn| {
        tenant.request(Method::POST, &format!("{}/messages", place.conversation), Some(&message(turn)), None)
    }),
    ("… with Idempotency-Key", |tenant, place, turn| {
        let path = format!("{}/messages", place.conversation);
        tenant.request(Method::POST, &path, Some(&message(turn)), Some(&format!("say-{turn}")))
    }),
    ("list 100 messages", |tenant, place, _| {
        tenant.request(Method::GET, &format!("{}/messages", place.thread), None, None)
    }),
    ("get a message", |tenant, place, _| tenant.request(Method::GET, &place.message, None, None)),
];

/// Creates the objects that the operations use. Every workspace gets the same items.
async fn prepare(tenant: &Tenant) -> Result<Paths> {
    let mut paths = Vec::new();
    for turn in 0..30 {
        let opened = tenant.post(CONVERSATIONS, &full(1_000_000 + turn)).await?;
        let id = opened["conversation"]["id"].as_str().context("a conversation has an id")?;
        paths.push(format!("{CONVERSATIONS}/{id}"));
    }
    let [conversation, thread, ..] = paths.as_slice() else { unreachable!("thirty conversations were created") };
    let mut newest = String::new();
    for turn in 0..100 {
        let added = tenant.post(&format!("{thread}/messages"), &message(turn)).await?;
        added["message"]["id"].as_str().context("a message has an id")?.clone_into(&mut newest);
    }
    let message = format!("{thread}/messages/{newest}");
    Ok(Paths { conversation: conversation.clone(), thread: thread.clone(), message })
}

/// The recorded and the measured workspace, and the one in which the recorded calls are replayed.
struct Setup {
    recorder: Recorder,
    recorded_tenant: (Tenant, Paths),
    ours: (Tenant, Paths),
    baseline: WorkspaceId,
    client: Client,
}

/// Measures all operations. `ONLY` limits them to names that contain its value.
pub async fn measure(stack: &Stack) -> Result<Figures> {
    let recorder = Recorder::default();
    let recorded_tenant = stack.tenant(recorder.record_through(&stack.client())).await?;
    recorder.take();
    let place = prepare(&recorded_tenant).await?;
    let prepared = recorder.take();
    let ours = stack.tenant(stack.client()).await?;
    let our_place = prepare(&ours).await?;
    let baseline = stack.tenant(stack.client()).await?.id;
    let client = stack.client();
    replay(&client, relocated(&prepared, recorded_tenant.id, baseline)).await?;
    let setup =
        Setup { recorder, recorded_tenant: (recorded_tenant, place), ours: (ours, our_place), baseline, client };

    let mut figures = Figures::new(format!(
        "Time of a request, relative to the same reads and writes with the SDK alone ({TURNS} turns)"
    ));
    for (name, make) in OPERATIONS {
        if !name.contains(&std::env::var("ONLY").unwrap_or_default()) {
            continue;
        }
        figures.ratio(name, &setup.measure(make).await?, TARGET);
    }
    Ok(figures)
}

impl Setup {
    async fn measure(&self, make: Make) -> Result<Samples> {
        let recorded = self.record(make).await?;
        let (tenant, place) = &self.ours;
        let mut samples = Samples::default();
        for (turn, trips) in recorded.iter().enumerate() {
            let request = make(tenant, place, turn)?;
            let calls = relocated(trips, self.recorded_tenant.0.id, self.baseline);
            if turn == 0 {
                tenant.send(request).await?;
                self.check(calls).await?;
                continue;
            }
            let ours = async {
                let started = Instant::now();
                tenant.send(request).await?;
                anyhow::Ok(started.elapsed())
            };
            let baseline = async {
                let started = Instant::now();
                replay(&self.client, calls).await?;
                anyhow::Ok(started.elapsed())
            };
            // Alternate the order, so that neither side always benefits from the other's cache contents.
            let (ours, baseline) = if turn % 2 == 0 {
                let ours = ours.await?;
                (ours, baseline.await?)
            } else {
                let baseline = baseline.await?;
                (ours.await?, baseline)
            };
            if turn >= WARM_UP {
                samples.add(ours, baseline);
            }
        }
        Ok(samples)
    }

    /// Records the SDK calls of each turn.
    async fn record(&self, make: Make) -> Result<Vec<Trips>> {
        let (tenant, place) = &self.recorded_tenant;
        let mut turns = Vec::new();
        for turn in 0..WARM_UP + TURNS {
            tenant.send(make(tenant, place, turn)?).await?;
            turns.push(self.recorder.take());
        }
        Ok(turns)
    }

    /// Replays the calls through the recorder, to check that the replay equals the recording in every parameter.
    async fn check(&self, calls: Trips) -> Result<()> {
        replay(&self.recorder.record_through(&self.client), calls.clone()).await?;
        ensure!(self.recorder.take() == calls, "the replayed calls differ from the recorded ones: {calls:#?}");
        Ok(())
    }
}
