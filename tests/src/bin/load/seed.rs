//! Creates the conversations and messages that are missing, through the API.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::{CONNECTIONS, Stack};

/// How many customers write the conversations.
const CUSTOMERS: usize = 5_000;

/// Returns a conversation with its first message.
pub fn conversation(turn: usize) -> Value {
    let customer = turn % CUSTOMERS;
    json!({
        "subject": format!("Order {turn} has not arrived"),
        "status": (["open", "waiting", "solved"][turn % 3]),
        "priority": (["low", "normal", "high"][turn / 3 % 3]),
        "tags": ["billing", "vip"],
        "customer": {
            "id": format!("cus_{customer}"), "name": "Ada Lovelace", "email": format!("ada{customer}@example.com"),
        },
        "message": message(turn),
    })
}

/// Returns a message of the customer.
pub fn message(turn: usize) -> Value {
    json!({
        "body": format!(
            "This is message {turn}. I ordered two weeks ago and the parcel has not arrived. The tracking page says that \
             it left the depot on Monday. Could you look into it, please?"
        ),
        "sender": { "name": "Ada Lovelace" },
    })
}

/// Creates conversations and messages up to these numbers. A file in the stack's folder counts what was created.
pub fn fill(stack: &Stack, conversations: usize, messages: usize) -> Result<()> {
    let file = stack.folder.join("load.txt");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let mut created = text.split_whitespace().map(|number| number.parse().unwrap_or(0));
    let mut have = created.next().unwrap_or(0);
    while have < conversations {
        let until = conversations.min(have + 1000);
        let each = messages.div_ceil(conversations.max(1)).saturating_sub(1);
        let started = Instant::now();
        in_parallel(stack, have..until, |client, turn| {
            let created = client.send("POST", "/api/v1/conversations", Some(&conversation(turn)))?;
            let id = created["conversation"]["id"].as_str().context("a conversation has an id")?;
            for message_turn in 0..each {
                let path = format!("/api/v1/conversations/{id}/messages");
                client.send_raw("POST", &path, Some(&message(turn + message_turn)))?;
            }
            Ok(())
        })?;
        have = until;
        fs::write(&file, have.to_string())?;
        println!("{have} conversations with {} messages each ({:.1} s)", each + 1, started.elapsed().as_secs_f64());
    }
    Ok(())
}

fn in_parallel(
    stack: &Stack,
    turns: std::ops::Range<usize>,
    create: impl Fn(&mut crate::client::Client, usize) -> Result<()> + Sync,
) -> Result<()> {
    let next = AtomicUsize::new(turns.start);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = stack.client()?;
                    loop {
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        if turn >= turns.end {
                            return Ok(());
                        }
                        create(&mut client, turn)?;
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("a connection panicked"))?)
    })
}
