//! The time of an operation through a dialect, relative to the same operation of our own API.

use std::time::Instant;

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};

use crate::{
    bodies::{CONVERSATIONS, minimal},
    figure::{Figures, Samples},
    stack::{Stack, Tenant},
};

const TARGET: f64 = 1.1;
const TURNS: usize = 400;
const WARM_UP: usize = 40;

/// A request: its method, path and body.
type Ask = (Method, String, Option<Value>);

/// Measures operations that read and write the same through both APIs.
pub async fn measure() -> Result<Figures> {
    let stack = Stack::start().await?;
    let tenant = stack.tenant(stack.client()).await?;
    let opened = tenant.post(CONVERSATIONS, &minimal()).await?;
    let id = opened["conversation"]["id"].as_str().context("a conversation has an id")?;
    let inbox = tenant.post("/api/v1/inboxes", &json!({ "name": "Support", "channel": "email" })).await?;
    let inbox = inbox["inbox"]["id"].as_str().context("an inbox has an id")?;
    let ours = format!("{CONVERSATIONS}/{id}");
    let gtateth = "/dialects/gtateth/conversations";
    let openai = format!("/dialects/openai/v1/conversations/conv_{}/items", id.replace('-', ""));
    for turn in 0..20 {
        let _ = tenant.post(&format!("{ours}/messages"), &json!({ "body": format!("Message {turn}") })).await?;
    }
    let customer = json!({ "id": "cus_123" });
    let item = json!({ "items": [{ "type": "message", "role": "user", "content": "Hello" }] });
    let pairs: [(&str, Ask, Ask); 5] = [
        (
            "gtateth: get a conversation",
            (Method::GET, format!("{gtateth}/{id}"), None),
            (Method::GET, ours.clone(), None),
        ),
        (
            "gtateth: create a conversation",
            (
                Method::POST,
                gtateth.into(),
                Some(json!({ "subject": "Help", "inboxId": inbox, "customerId": "cus_123" })),
            ),
            (
                Method::POST,
                CONVERSATIONS.into(),
                Some(json!({ "subject": "Help", "inboxId": inbox, "customer": customer, "channel": "email" })),
            ),
        ),
        (
            "gtateth: update a conversation",
            (Method::PUT, format!("{gtateth}/{id}"), Some(json!({ "priority": "high" }))),
            (Method::PATCH, ours.clone(), Some(json!({ "priority": "high" }))),
        ),
        (
            "openai: list 20 items",
            (Method::GET, format!("{openai}?order=asc"), None),
            (Method::GET, format!("{ours}/messages?limit=20"), None),
        ),
        (
            "openai: create an item",
            (Method::POST, openai.clone(), Some(item)),
            (Method::POST, format!("{ours}/messages"), Some(json!({ "body": "Hello" }))),
        ),
    ];
    let mut figures =
        Figures::new(format!("Time of an operation through a dialect, relative to our own API ({TURNS} turns)"));
    for (name, dialect, own) in pairs {
        figures.ratio(name, &turns(&tenant, &dialect, &own).await?, TARGET);
    }
    Ok(figures)
}

async fn turns(tenant: &Tenant, dialect: &Ask, own: &Ask) -> Result<Samples> {
    let mut samples = Samples::default();
    for turn in 0..WARM_UP + TURNS {
        let mut times = Vec::new();
        for (method, path, body) in [dialect, own] {
            let request = tenant.request(method.clone(), path, body.as_ref(), None)?;
            let started = Instant::now();
            tenant.send(request).await?;
            times.push(started.elapsed());
        }
        if turn >= WARM_UP {
            samples.add(times[0], times[1]);
        }
    }
    Ok(samples)
}
