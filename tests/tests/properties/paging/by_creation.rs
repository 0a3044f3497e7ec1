//! A walk by creation misses no conversation, whatever happens between its pages.

use std::collections::BTreeMap;

use deskless_tests::{Role, World};
use http::Method;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;

use super::{List, page, with_query};
use crate::support::check_async;

const CONVERSATIONS: &str = "/api/v1/conversations";
const STATUSES: [&str; 3] = ["open", "waiting", "solved"];
const CHANNELS: [&str; 2] = ["email", "live-chat"];
const CUSTOMERS: [&str; 2] = ["cus_1", "cus_2"];

/// A change between two pages.
#[derive(Debug, Clone)]
enum Event {
    Open(usize, usize),
    Reply(Index),
    Status(Index, usize),
    Delete(Index),
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (0..2_usize, 0..2_usize).prop_map(|(channel, customer)| Event::Open(channel, customer)),
        2 => any::<Index>().prop_map(Event::Reply),
        2 => (any::<Index>(), 0..3_usize).prop_map(|(which, status)| Event::Status(which, status)),
        1 => any::<Index>().prop_map(Event::Delete),
    ]
}

/// The parameters of a walk.
#[derive(Debug, Clone)]
struct Walk {
    order: &'static str,
    limit: usize,
    status: Option<usize>,
    channel: Option<usize>,
    customer: Option<usize>,
}

fn walks() -> impl Strategy<Value = Walk> {
    let maybe = || proptest::option::weighted(0.3, 0..2_usize);
    let order = proptest::sample::select(&["asc", "desc"][..]);
    (order, 1..8_usize, proptest::option::weighted(0.3, 0..3_usize), maybe(), maybe())
        .prop_map(|(order, limit, status, channel, customer)| Walk { order, limit, status, channel, customer })
}

/// What is known of a conversation.
#[derive(Debug, Clone)]
struct Known {
    status: usize,
    channel: usize,
    customer: usize,
    /// Whether it has existed and matched since the start of the walk.
    throughout: bool,
}

/// The conversations by ID, which is the order of creation.
type Conversations = BTreeMap<String, Known>;

async fn open(role: &Role<'_>, known: &mut Conversations, (channel, customer): (usize, usize), throughout: bool) {
    let body = json!({ "subject": "Hi", "channel": CHANNELS[channel], "customer": { "id": CUSTOMERS[customer] } });
    let opened = role.open(&body).await;
    let id = opened["id"].as_str().expect("an id").to_owned();
    known.insert(id, Known { status: 0, channel, customer, throughout });
}

async fn act(role: &Role<'_>, known: &mut Conversations, event: Event) {
    let chosen = |known: &Conversations, which: Index| {
        let ids: Vec<_> = known.keys().cloned().collect();
        (!ids.is_empty()).then(|| which.get(&ids).clone())
    };
    match event {
        Event::Open(channel, customer) => open(role, known, (channel, customer), false).await,
        Event::Reply(which) => {
            let Some(id) = chosen(known, which) else { return };
            let reply = json!({ "body": "Hello", "role": "assistant" });
            let _ = role.post(&format!("{CONVERSATIONS}/{id}/messages"), &reply).await.expect(201);
        }
        Event::Status(which, status) => {
            let Some(id) = chosen(known, which) else { return };
            let body = json!({ "status": STATUSES[status] });
            let _ = role.patch(&format!("{CONVERSATIONS}/{id}"), &body).await.expect(200);
            let known = known.get_mut(&id).expect("a known conversation");
            known.status = status;
        }
        Event::Delete(which) => {
            let Some(id) = chosen(known, which) else { return };
            let _ = role.ask(Method::DELETE, &format!("{CONVERSATIONS}/{id}")).send().await.expect(204);
            known.remove(&id);
        }
    }
}

#[test]
fn walk_returns_each_conversation_once() {
    let before = vec((0..2_usize, 0..2_usize), 1..24);
    let meanwhile = vec(vec(events(), 0..4), 12);
    check_async(48, &(1..=8_u8, walks(), before, meanwhile), async |(shards, walk, before, meanwhile)| {
        let world = World::new().await;
        world.spread(shards).await;
        let role = world.server_key();
        let mut known = Conversations::new();
        for kind in before {
            open(&role, &mut known, kind, true).await;
        }
        let filters = [
            ("sort", Some("createdAt")),
            ("order", Some(walk.order)),
            ("status", walk.status.map(|i| STATUSES[i])),
            ("channel", walk.channel.map(|i| CHANNELS[i])),
            ("customerId", walk.customer.map(|i| CUSTOMERS[i])),
        ];
        let matches = |known: &Known| {
            walk.status.is_none_or(|status| status == known.status)
                && walk.channel.is_none_or(|channel| channel == known.channel)
                && walk.customer.is_none_or(|customer| customer == known.customer)
        };
        // Deleted conversations and filters can make a page short.
        let path = with_query(CONVERSATIONS, &filters);
        let list = List { path, plural: "conversations", short_pages: true, endless: false };
        for known in known.values_mut() {
            known.throughout &= matches(known);
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        let mut meanwhile = meanwhile.into_iter();
        loop {
            let (rows, next) = page(&role, &list, Some(walk.limit), cursor.as_deref()).await;
            for row in rows {
                let id = row["id"].as_str().expect("an id").to_owned();
                assert!(known.get(&id).is_some_and(matches), "{id} is listed but does not match: {row}");
                seen.push(id);
            }
            for event in meanwhile.next().unwrap_or_default() {
                act(&role, &mut known, event).await;
                for known in known.values_mut() {
                    known.throughout &= matches(known);
                }
            }
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        match walk.order {
            "asc" => assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}"),
            _ => assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}"),
        }
        for (id, _) in known.iter().filter(|(_, known)| known.throughout) {
            assert!(seen.contains(id), "{id} existed throughout and was not listed in {seen:?}");
        }
        world.assert_sound().await;
    });
}
