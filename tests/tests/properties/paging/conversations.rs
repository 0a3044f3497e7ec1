use deskless_tests::{Role, World};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{List, assert_list, with_query};
use crate::support::check_async;

const CONVERSATIONS: &str = "/api/v1/conversations";
const STATUSES: [&str; 3] = ["open", "waiting", "solved"];
const CHANNELS: [&str; 3] = ["api", "email", "live-chat"];
const CUSTOMERS: [&str; 3] = ["cus_1", "cus_2", "cus_3"];

/// A conversation to create.
#[derive(Debug, Clone)]
pub struct Opened {
    status: usize,
    channel: usize,
    customer: usize,
    message: Option<&'static str>,
    /// Created in the same millisecond as the previous one.
    at_once: bool,
}

pub fn opened() -> impl Strategy<Value = Opened> {
    let message = proptest::sample::select(&[None, Some("reply"), Some("note")][..]);
    (0..3_usize, 0..3_usize, 0..3_usize, message, any::<bool>()).prop_map(
        |(status, channel, customer, message, at_once)| Opened { status, channel, customer, message, at_once },
    )
}

/// A way to read the list.
#[derive(Debug, Clone)]
struct Walked {
    status: Option<usize>,
    channel: Option<usize>,
    customer: Option<usize>,
    order: Option<&'static str>,
    limit: Option<usize>,
}

fn walked() -> impl Strategy<Value = Walked> {
    let maybe = || proptest::option::of(0..3_usize);
    let order = proptest::sample::select(&[None, Some("asc"), Some("desc")][..]);
    let limit = prop_oneof![Just(None), Just(Some(1)), (2..12_usize).prop_map(Some), Just(Some(100))];
    (maybe(), proptest::option::weighted(0.3, 0..3_usize), maybe(), order, limit)
        .prop_map(|(status, channel, customer, order, limit)| Walked { status, channel, customer, order, limit })
}

/// A conversation as a GET returns it, and the ID by which lists sort it.
pub struct Known {
    activity: String,
    conversation: Value,
}

/// Creates the conversations, replies to some, and returns them by newest activity.
pub async fn fill(role: &Role<'_>, opened: &[Opened], replies: &[Index]) -> Vec<Known> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (i, one) in opened.iter().enumerate() {
        let mut body = json!({
            "subject": format!("Number {i}"),
            "status": STATUSES[one.status],
            "channel": CHANNELS[one.channel],
            "customer": { "id": CUSTOMERS[one.customer], "name": "Ada" },
            // Every third has metadata that is stored in its own item.
            "metadata": { "filler": "x".repeat(i % 3 * 600) },
        });
        if let Some(kind) = one.message {
            body["message"] = json!({ "body": format!("Message of {i}"), "type": kind });
        }
        let ask = role.ask(http::Method::POST, CONVERSATIONS).json(&body);
        let answer = if one.at_once { ask.send_now().await } else { ask.send().await };
        let id = answer.expect(201)["conversation"]["id"].as_str().expect("an id").to_owned();
        let mut activity = id.clone();
        if one.message == Some("reply") {
            let messages = role.get(&format!("{CONVERSATIONS}/{id}/messages")).await.expect(200);
            messages["messages"][0]["id"].as_str().expect("an id").clone_into(&mut activity);
        }
        found.push((activity, id));
    }
    for reply in if found.is_empty() { &[] } else { replies } {
        let (activity, id) = reply.get_mut(&mut found);
        let body = json!({ "body": "A reply", "role": "assistant" });
        let message = role.post(&format!("{CONVERSATIONS}/{id}/messages"), &body).await.expect(201);
        message["message"]["id"].as_str().expect("an id").clone_into(activity);
    }
    found.sort_by(|a, b| b.cmp(a));
    let mut known = Vec::new();
    for (activity, id) in found {
        let conversation = role.get(&format!("{CONVERSATIONS}/{id}")).await.expect(200)["conversation"].clone();
        known.push(Known { activity, conversation });
    }
    assert!(known.is_sorted_by(|a, b| a.activity > b.activity));
    known
}

/// Reads the list to its end and compares it with the known conversations.
async fn walk(role: &Role<'_>, known: &[Known], walked: &Walked) {
    let filters = [
        ("status", walked.status.map(|i| STATUSES[i])),
        ("channel", walked.channel.map(|i| CHANNELS[i])),
        ("customerId", walked.customer.map(|i| CUSTOMERS[i])),
        ("order", walked.order),
    ];
    let path = with_query(CONVERSATIONS, &filters);
    let fits = |conversation: &Value| {
        let is = |value: &Value, wanted: Option<&str>| wanted.is_none_or(|wanted| *value == *wanted);
        is(&conversation["status"], filters[0].1)
            && is(&conversation["channel"], filters[1].1)
            && is(&conversation["customer"]["id"], filters[2].1)
    };
    let mut wanted: Vec<Value> = known.iter().map(|known| known.conversation.clone()).filter(fits).collect();
    if walked.order == Some("asc") {
        wanted.reverse();
    }
    // Status and customer are served by an index alone. Other filters can make pages short.
    let short_pages = walked.channel.is_some() || (walked.customer.is_some() && walked.status.is_some());
    let list = List { path, plural: "conversations", short_pages, endless: false };
    assert_list(role, &list, walked.limit, &wanted).await;
}

fn histories() -> impl Strategy<Value = (Vec<Opened>, Vec<Index>, Vec<Walked>)> {
    (vec(opened(), 0..40), vec(any::<Index>(), 0..12), vec(walked(), 12))
}

#[test]
fn filters_list_each_conversation_once_in_order() {
    check_async(10, &histories(), async |(opened, replies, walks)| {
        let world = World::new().await;
        let role = world.server_key();
        let known = fill(&role, &opened, &replies).await;
        for walked in walks {
            walk(&role, &known, &walked).await;
        }
        world.assert_sound().await;
    });
}

#[test]
fn sharded_workspace_is_listed_as_one() {
    check_async(10, &(2..6_u8, histories()), async |(shards, (opened, replies, walks))| {
        let world = World::new().await;
        world.spread(shards).await;
        let role = world.server_key();
        let known = fill(&role, &opened, &replies).await;
        for walked in walks {
            walk(&role, &known, &walked).await;
        }
        world.assert_sound().await;
    });
}

#[tokio::test]
async fn conversations_use_all_shards() {
    let world = World::new().await;
    world.spread(3).await;
    let role = world.server_key();
    for _ in 0..30 {
        let _ = role.open_path().await;
    }
    for shard in 0..3 {
        let ending = format!("#S#open#{shard}");
        let found =
            world.rows().await.iter().filter(|row| row.get("p1").is_some_and(|pk| pk.ends_with(&ending))).count();
        assert!(found > 0, "no conversation is on {shard}");
    }
}
