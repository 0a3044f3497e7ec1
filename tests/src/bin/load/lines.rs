//! The measured requests.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::{CONNECTIONS, Stack, client::Client, seed};

const CONVERSATIONS: &str = "/api/v1/conversations";

/// How many conversations the requests are spread over.
const TARGETS: usize = 1000;

/// The conversations that the requests read and change.
pub struct Targets(Vec<String>);

impl Targets {
    /// Lists conversations through the API.
    pub fn find(client: &mut Client) -> Result<Self> {
        let mut ids = Vec::new();
        let mut cursor = String::new();
        while ids.len() < TARGETS {
            let page = client.get(&format!("{CONVERSATIONS}?limit=100{cursor}"))?;
            let listed = page["conversations"].as_array().context("a list has conversations")?;
            ids.extend(listed.iter().filter_map(|one| one["id"].as_str()).map(str::to_owned));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Ok(Self(ids))
    }

    fn at(&self, turn: usize) -> &str {
        // Neighbouring turns run at the same time, so they use distant conversations.
        &self.0[turn * 37 % self.0.len()]
    }
}

/// A kind of request.
pub struct Line {
    /// The printed name.
    pub name: &'static str,
    request: fn(&Targets, usize) -> (&'static str, String, Option<Value>),
}

/// All lines.
pub const LINES: [Line; 8] = [
    Line { name: "get", request: |targets, turn| ("GET", format!("{CONVERSATIONS}/{}", targets.at(turn)), None) },
    Line { name: "list 20 open", request: |_, _| ("GET", format!("{CONVERSATIONS}?status=open&limit=20"), None) },
    Line {
        name: "thread of 20",
        request: |targets, turn| ("GET", format!("{CONVERSATIONS}/{}/messages?limit=20", targets.at(turn)), None),
    },
    Line { name: "counts", request: |_, _| ("GET", format!("{CONVERSATIONS}/counts"), None) },
    Line {
        name: "add a message",
        request: |targets, turn| {
            ("POST", format!("{CONVERSATIONS}/{}/messages", targets.at(turn)), Some(seed::message(turn)))
        },
    },
    Line {
        name: "add a note",
        request: |targets, turn| {
            let note = json!({ "type": "note", "body": "Asked the carrier.", "sender": { "name": "Grace" } });
            ("POST", format!("{CONVERSATIONS}/{}/messages", targets.at(turn)), Some(note))
        },
    },
    Line {
        name: "update a status",
        request: |targets, turn| {
            // Each visit of a conversation sets another status.
            let status = ["open", "waiting", "solved"][(turn / targets.0.len() + turn) % 3];
            ("PATCH", format!("{CONVERSATIONS}/{}", targets.at(turn)), Some(json!({ "status": status })))
        },
    },
    Line {
        name: "create with a message",
        request: |_, turn| ("POST", CONVERSATIONS.to_owned(), Some(seed::conversation(turn))),
    },
];

/// What was measured.
pub struct Measured {
    pub per_second: f64,
    pub median_ms: f64,
    pub high_ms: f64,
}

impl Line {
    /// Sends the request over all connections for this long.
    pub fn measure(&self, stack: &Stack, targets: &Targets, duration: Duration) -> Result<Measured> {
        let next = AtomicUsize::new(0);
        let started = Instant::now();
        let times: Vec<Vec<Duration>> = thread::scope(|scope| {
            let connections: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    scope.spawn(|| {
                        let mut client = stack.client()?;
                        let mut times = Vec::new();
                        while started.elapsed() < duration {
                            let (method, path, body) = (self.request)(targets, next.fetch_add(1, Ordering::Relaxed));
                            let sent = Instant::now();
                            client.send_raw(method, &path, body.as_ref())?;
                            times.push(sent.elapsed());
                        }
                        Ok(times)
                    })
                })
                .collect();
            connections
                .into_iter()
                .map(|connection| connection.join().map_err(|_| anyhow!("a connection panicked"))?)
                .collect::<Result<_>>()
        })?;
        let elapsed = started.elapsed().as_secs_f64();
        let mut times: Vec<_> = times.into_iter().flatten().map(|time| time.as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 requests")]
        let per_second = times.len() as f64 / elapsed;
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(f64::NAN);
        Ok(Measured { per_second, median_ms: at(50), high_ms: at(99) })
    }
}
