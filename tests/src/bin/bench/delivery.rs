//! The time from the response to a request to the webhook that it causes, on a local stack that does nothing else.

use std::{
    env,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::figure::{Figures, quantile};

/// The number of messages. The 99th percentile is the third of the slowest.
const MESSAGES: usize = 300;
/// A webhook that takes longer is lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// Measures the running local stack that `DESKLESS_URL` and `DESKLESS_API_KEY` name.
pub async fn measure() -> Result<Figures> {
    let stack = Api {
        url: env::var("DESKLESS_URL").context("start `make serve`, and load its settings with `. .local/dev.env`")?,
        key: env::var("DESKLESS_API_KEY").context("DESKLESS_API_KEY is not set")?,
        client: Client::builder().no_proxy().build()?,
    };
    let (listener, dead) = (listen().await?, listen().await?);
    let path = create(&stack, &listener).await?;
    let alone = deliveries(&stack, &listener).await;
    let dead_path = create(&stack, &dead).await?;
    let silent = tokio::spawn(accept_and_be_silent(dead));
    let beside = deliveries(&stack, &listener).await;
    silent.abort();
    for path in [path, dead_path] {
        let deleted = stack.send(Method::DELETE, &path, &json!(null)).await?;
        ensure!(deleted.is_null(), "the endpoint was not deleted");
    }
    let (alone, beside) = (alone?, beside?);
    let mut figures =
        Figures::new(format!("Seconds from a response to its webhook, on an idle local stack ({MESSAGES} messages)"));
    figures.quantile("median", &alone, 0.5, 1.0);
    figures.quantile("99th percentile", &alone, 0.99, 3.0);
    figures.quantile("median beside a dead endpoint", &beside, 0.5, 1.2 * seconds(&alone, 0.5));
    figures.quantile("99th percentile beside a dead endpoint", &beside, 0.99, 1.2 * seconds(&alone, 0.99));
    Ok(figures)
}

async fn listen() -> Result<TcpListener> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
}

/// Creates an endpoint for this server, and returns its path.
async fn create(stack: &Api, listener: &TcpListener) -> Result<String> {
    let url = format!("http://{}/", listener.local_addr()?);
    let endpoint = json!({ "url": url, "eventTypes": ["message.created"] });
    let endpoint = stack.send(Method::POST, "webhook-endpoints", &endpoint).await?;
    Ok(format!("webhook-endpoints/{}", text(&endpoint["webhookEndpoint"], "id")?))
}

/// Accepts requests and never responds, so that each one takes the whole timeout.
async fn accept_and_be_silent(listener: TcpListener) {
    let mut open = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        open.push(stream);
    }
}

/// Returns a quantile in seconds.
fn seconds(times: &[Duration], at: f64) -> f64 {
    quantile(&times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(), at)
}

/// Adds messages, one after another, and returns how long each took to arrive.
async fn deliveries(stack: &Api, listener: &TcpListener) -> Result<Vec<Duration>> {
    let conversation = json!({ "subject": "Bench", "customer": { "id": "cus_bench" } });
    let created = stack.send(Method::POST, "conversations", &conversation).await?;
    let path = format!("conversations/{}/messages", text(&created["conversation"], "id")?);
    let mut times = Vec::with_capacity(MESSAGES);
    for _ in 0..MESSAGES {
        let message = stack.send(Method::POST, &path, &json!({ "role": "user", "body": "Hello" })).await?;
        let responded = Instant::now();
        let id = text(&message["message"], "id")?;
        let delivered = async {
            loop {
                let event = receive(listener).await?;
                if event["data"]["id"] == id {
                    return Ok::<_, anyhow::Error>(responded.elapsed());
                }
            }
        };
        times.push(timeout(PATIENCE, delivered).await.context("a webhook is lost")??);
    }
    Ok(times)
}

/// Receives one webhook, and accepts it.
async fn receive(listener: &TcpListener) -> Result<Value> {
    let (mut stream, _): (TcpStream, _) = listener.accept().await?;
    let mut bytes = Vec::new();
    let body = loop {
        ensure!(stream.read_buf(&mut bytes).await? > 0, "the request ends early");
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.context("a length")? {
            break body.to_owned();
        }
    };
    stream.write_all(b"HTTP/1.1 204 -\r\nconnection: close\r\n\r\n").await?;
    serde_json::from_str(&body).context("a webhook is JSON")
}

/// A client for the API.
struct Api {
    url: String,
    key: String,
    client: Client,
}

impl Api {
    /// Sends a request, and returns the body of the response.
    async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.request(method, format!("{}/api/v1/{path}", self.url)).bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(body) };
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {text}");
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str> {
    object[name].as_str().with_context(|| format!("the response has no {name}"))
}
