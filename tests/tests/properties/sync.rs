//! A client that reads `updatedAfter` and keeps its cursor misses nothing.

use std::collections::BTreeMap;

use deskless_tests::{Delivery, Role, World};
use http::Method;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::support::check_async;

const CONVERSATIONS: &str = "/api/v1/conversations";
/// The time after which a logged change is shown.
const SETTLED_MS: i64 = 20_000;

#[derive(Debug, Clone)]
enum Operation {
    Open,
    Update(Index, &'static str),
    Reply(Index),
    Read(Index),
    Delete(Index),
    /// The workers get the records so far.
    Deliver(Delivery),
    Wait(i64),
    /// The client reads the pages that there are.
    Sync,
}

fn operations() -> impl Strategy<Value = Operation> {
    let priority = proptest::sample::select(&["low", "high", "urgent"][..]);
    let delivery = (0..60_u64, any::<bool>(), 0..40_u64).prop_map(|(duplicated_percent, shuffled, failing_percent)| {
        Operation::Deliver(Delivery { duplicated_percent, shuffled, failing_percent })
    });
    prop_oneof![
        3 => Just(Operation::Open),
        4 => (any::<Index>(), priority).prop_map(|(which, priority)| Operation::Update(which, priority)),
        3 => any::<Index>().prop_map(Operation::Reply),
        1 => any::<Index>().prop_map(Operation::Read),
        1 => any::<Index>().prop_map(Operation::Delete),
        3 => delivery,
        3 => (0..40_000_i64).prop_map(Operation::Wait),
        3 => Just(Operation::Sync),
    ]
}

/// A client with its copy of the conversations.
struct Client<'w> {
    role: Role<'w>,
    path: String,
    cursor: Option<String>,
    copy: BTreeMap<String, Value>,
}

impl Client<'_> {
    async fn sync(&mut self) {
        loop {
            let cursor = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.role.get(&format!("{}{cursor}", self.path)).await.expect(200);
            for conversation in page["conversations"].as_array().expect("an array") {
                let id = conversation["id"].as_str().expect("an id").to_owned();
                self.copy.insert(id, conversation.clone());
            }
            self.cursor = Some(page["nextCursor"].as_str().expect("there is always a cursor").to_owned());
            if page["hasMore"] == false {
                return;
            }
        }
    }
}

async fn act(world: &World, ids: &mut Vec<String>, client: &mut Client<'_>, operation: Operation) {
    let role = world.server_key();
    let path = |ids: &[String], which: Index| (!ids.is_empty()).then(|| format!("{CONVERSATIONS}/{}", which.get(ids)));
    match operation {
        Operation::Open => {
            let opened = role.open(&json!({ "subject": "Hi", "customer": { "id": "cus_1" } })).await;
            ids.push(opened["id"].as_str().expect("an id").to_owned());
        }
        Operation::Update(which, priority) => {
            let Some(path) = path(ids, which) else { return };
            let _ = role.patch(&path, &json!({ "priority": priority })).await.expect(200);
        }
        Operation::Reply(which) => {
            let Some(path) = path(ids, which) else { return };
            let _ = role.post(&format!("{path}/messages"), &json!({ "body": "Hello" })).await.expect(201);
        }
        Operation::Read(which) => {
            let Some(path) = path(ids, which) else { return };
            let _ = role.post(&format!("{path}/read"), &json!({})).await.expect(200);
        }
        Operation::Delete(which) => {
            let Some(path) = path(ids, which) else { return };
            let _ = role.ask(Method::DELETE, &path).send().await.expect(204);
            ids.retain(|id| !path.ends_with(id.as_str()));
        }
        Operation::Deliver(delivery) => drop(world.drain_events_as(delivery).await),
        Operation::Wait(millis) => world.clock.advance_millis(millis),
        Operation::Sync => client.sync().await,
    }
}

/// Returns the conversations that exist.
async fn existing(role: &Role<'_>, ids: &[String]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for id in ids {
        let conversation = role.get(&format!("{CONVERSATIONS}/{id}")).await.expect(200)["conversation"].clone();
        found.insert(id.clone(), conversation);
    }
    found
}

#[test]
fn client_with_cursor_misses_no_change() {
    check_async(48, &(1..9_u8, vec(operations(), 1..60)), async |(limit, operations)| {
        let world = World::new().await;
        let role = world.server_key();
        let mut client = Client {
            role: role.clone(),
            path: format!("{CONVERSATIONS}?updatedAfter=2026-06-28T18:00:00.000Z&limit={limit}"),
            cursor: None,
            copy: BTreeMap::new(),
        };
        let mut ids = Vec::new();
        for operation in operations {
            act(&world, &mut ids, &mut client, operation).await;
        }
        let _ = world.drain_events().await;
        world.clock.advance_millis(SETTLED_MS);
        client.sync().await;
        // The list does not tell which conversations were deleted.
        client.copy.retain(|id, _| ids.contains(id));
        assert_eq!(client.copy, existing(&role, &ids).await);
        world.assert_settled().await;
    });
}
