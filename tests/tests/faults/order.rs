//! Concurrent writers and readers of one thread, and the order that its messages must have.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use deskless_tests::{Machine, World};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{post, text};

/// A logical clock that orders the events of all tasks.
#[derive(Default)]
pub struct Ticker(AtomicU64);

impl Ticker {
    fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// A message, with the ticks of its request and response.
pub struct Written {
    pub id: String,
    asked: u64,
    answered: u64,
}

/// A thread with concurrent writers.
pub struct Exchange {
    pub world: Arc<World>,
    pub messages_path: String,
    pub ticker: Ticker,
    /// The number of active writers. Sends a notification for each acknowledged message.
    writing: watch::Sender<usize>,
    /// How many responses were 503.
    pub unavailable: AtomicUsize,
}

impl Exchange {
    pub async fn open(world: Arc<World>, writers: usize) -> Arc<Self> {
        let messages_path = format!("{}/messages", world.server_key().open_path().await);
        let (ticker, unavailable) = (Ticker::default(), AtomicUsize::new(0));
        Arc::new(Self { world, messages_path, ticker, writing: watch::Sender::new(writers), unavailable })
    }

    /// Writes this many messages one after the other. Retries 503 responses with the same key.
    pub async fn write(&self, machine: Option<&Machine>, writer: usize, messages: usize) -> Vec<Written> {
        let mut role = self.world.server_key();
        if let Some(machine) = machine {
            role = role.at(machine);
        }
        let clock = machine.map_or(&self.world.clock, |machine| &machine.clock);
        let mut written = Vec::with_capacity(messages);
        for i in 0..messages {
            clock.advance_millis(1);
            let (role_name, kind) =
                [("user", "reply"), ("assistant", "reply"), ("assistant", "note")][(writer + i) % 3];
            let body = json!({ "body": format!("Writer {writer}, message {i}"), "role": role_name, "type": kind });
            let key = format!("{writer} {i}");
            let asked = self.ticker.tick();
            let answer = loop {
                let answer = post(role.clone(), &self.messages_path, Some(&key), &body).await;
                if answer.status != 503 {
                    break answer;
                }
                self.unavailable.fetch_add(1, Ordering::SeqCst);
            };
            let message = answer.expect(201);
            let answered = self.ticker.tick();
            written.push(Written { id: text(&message["message"], "id"), asked, answered });
            self.writing.send_modify(|writers| *writers -= usize::from(i + 1 == messages));
        }
        written
    }

    /// Polls the thread until all writers have finished, and returns the messages seen.
    pub async fn follow(&self, limit: usize) -> Vec<Value> {
        let role = self.world.server_key();
        let mut writing = self.writing.subscribe();
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            // Read before the page, so that this page includes everything written by then.
            let over = *writing.borrow_and_update() == 0;
            let path = format!("{}?limit={limit}{cursor}", self.messages_path);
            let page = role.ask(Method::GET, &path).skip_validation().send_now().await.expect(200);
            let messages = page["messages"].as_array().expect("messages");
            assert!(messages.len() <= limit);
            seen.extend(messages.iter().cloned());
            cursor = format!("&cursor={}", text(&page, "nextCursor"));
            if page["hasMore"] == false {
                if over {
                    return seen;
                }
                writing.changed().await.expect("the exchange exists");
            }
        }
    }
}

/// Asserts that a thread holds exactly the acknowledged messages in commit order: a message that was acknowledged
/// before another one was sent precedes it, even across writers.
pub fn assert_commit_order(thread: &[Value], written: &[Vec<Written>]) {
    let ids: Vec<String> = thread.iter().map(|message| text(message, "id")).collect();
    assert!(ids.is_sorted(), "IDs do not increase along the thread");
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "a message is listed twice");
    let of: HashMap<&str, &Written> = written.iter().flatten().map(|w| (w.id.as_str(), w)).collect();
    assert_eq!(ids.len(), of.len(), "the thread has every acknowledged message");
    let mut earliest_answer_behind = u64::MAX;
    for id in ids.iter().rev() {
        let written = of.get(id.as_str()).expect("an acknowledged message");
        assert!(written.asked < earliest_answer_behind, "{id} was sent after a later message had been acknowledged");
        earliest_answer_behind = earliest_answer_behind.min(written.answered);
    }
    for writer in written {
        assert!(writer.is_sorted_by(|a, b| a.id < b.id), "a writer's messages are out of order");
    }
}
