//! Writers and readers of one thread, and what the order of its messages must be.

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

/// What happened, in one order for all tasks.
#[derive(Default)]
pub struct Ticker(AtomicU64);

impl Ticker {
    fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// One message, from its request to its answer.
pub struct Written {
    pub id: String,
    asked: u64,
    answered: u64,
}

/// A thread that many write to.
pub struct Exchange {
    pub world: Arc<World>,
    pub messages_path: String,
    pub ticker: Ticker,
    /// How many writers are still at it. Changes with each message that was answered.
    writing: watch::Sender<usize>,
    /// How often a writer was told 503.
    pub unavailable: AtomicUsize,
}

impl Exchange {
    pub async fn open(world: Arc<World>, writers: usize) -> Arc<Self> {
        let messages_path = format!("{}/messages", world.server_key().open_path().await);
        let (ticker, unavailable) = (Ticker::default(), AtomicUsize::new(0));
        Arc::new(Self { world, messages_path, ticker, writing: watch::Sender::new(writers), unavailable })
    }

    /// Writes so many messages one after the other. Who is told 503 asks again under the same key.
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

    /// Reads along until nobody writes any more, and gives what there was to see.
    pub async fn follow(&self, limit: usize) -> Vec<Value> {
        let role = self.world.server_key();
        let mut writing = self.writing.subscribe();
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            // Asked before the page is: what was written by then is on this page or those before.
            let over = *writing.borrow_and_update() == 0;
            let path = format!("{}?limit={limit}{cursor}", self.messages_path);
            let page = role.ask(Method::GET, &path).unchecked().send_now().await.expect(200);
            let messages = page["messages"].as_array().expect("messages");
            assert!(messages.len() <= limit);
            seen.extend(messages.iter().cloned());
            cursor = format!("&cursor={}", text(&page, "nextCursor"));
            if page["hasMore"] == false {
                if over {
                    return seen;
                }
                writing.changed().await.expect("the exchange is there");
            }
        }
    }
}

/// Proves that a thread holds exactly what was acknowledged, in the order of the commits: what was answered before
/// something else was asked for stands before it, whoever wrote it.
pub fn assert_commit_order(thread: &[Value], written: &[Vec<Written>]) {
    let ids: Vec<String> = thread.iter().map(|message| text(message, "id")).collect();
    assert!(ids.is_sorted(), "ids do not rise along the thread");
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "a message is there twice");
    let of: HashMap<&str, &Written> = written.iter().flatten().map(|w| (w.id.as_str(), w)).collect();
    assert_eq!(ids.len(), of.len(), "as many messages as were acknowledged");
    let mut earliest_answer_behind = u64::MAX;
    for id in ids.iter().rev() {
        let written = of.get(id.as_str()).expect("a message that nobody was told of");
        assert!(
            written.asked < earliest_answer_behind,
            "{id} was asked for after a message behind it had been answered",
        );
        earliest_answer_behind = earliest_answer_behind.min(written.answered);
    }
    for writer in written {
        assert!(writer.is_sorted_by(|a, b| a.id < b.id), "a writer's own messages changed places");
    }
}
