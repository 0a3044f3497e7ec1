use std::collections::HashSet;

use deskless_tests::World;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;

use super::{List, page};
use crate::support::check_async;

const CONVERSATIONS: &str = "/api/v1/conversations";

/// A change between two pages.
#[derive(Debug, Clone)]
enum Event {
    Reply(Index),
    Note(Index),
    Status(Index, &'static str),
    Open,
}

fn events() -> impl Strategy<Value = Event> {
    let status = proptest::sample::select(&["open", "waiting", "solved"][..]);
    prop_oneof![
        2 => any::<Index>().prop_map(Event::Reply),
        1 => any::<Index>().prop_map(Event::Note),
        2 => (any::<Index>(), status).prop_map(|(which, status)| Event::Status(which, status)),
        1 => Just(Event::Open),
    ]
}

#[test]
fn concurrent_changes_cause_no_duplicates() {
    let order = proptest::sample::select(&["asc", "desc"][..]);
    let meanwhile = vec(vec(events(), 0..4), 12);
    check_async(
        24,
        &(1..4_u8, order, 1..8_usize, 1..24_usize, meanwhile),
        async |(shards, order, limit, size, meanwhile)| {
            let world = World::new().await;
            world.spread(shards).await;
            let role = world.server_key();
            let mut paths = Vec::new();
            for _ in 0..size {
                paths.push(role.open_path().await);
            }
            let path = format!("{CONVERSATIONS}?order={order}");
            // A conversation that moves between three partitions during the read can make a page short.
            let list = List { path, plural: "conversations", short_pages: true, endless: false };
            let (mut seen, mut cursor, mut moved) = (Vec::new(), None, HashSet::new());
            let mut meanwhile = meanwhile.into_iter();
            loop {
                let (rows, next) = page(&role, &list, Some(limit), cursor.as_deref()).await;
                seen.extend(rows.iter().map(|row| format!("{CONVERSATIONS}/{}", row["id"].as_str().expect("an id"))));
                for event in meanwhile.next().unwrap_or_default() {
                    match event {
                        Event::Reply(which) => {
                            let path = which.get(&paths);
                            let _ =
                                role.post(&format!("{path}/messages"), &json!({ "body": "Hello" })).await.expect(201);
                            moved.insert(path.clone());
                        }
                        Event::Note(which) => {
                            let note = json!({ "body": "Hello", "type": "note" });
                            let _ = role.post(&format!("{}/messages", which.get(&paths)), &note).await.expect(201);
                        }
                        Event::Status(which, status) => {
                            let _ =
                                role.patch(which.get::<String>(&paths), &json!({ "status": status })).await.expect(200);
                        }
                        Event::Open => {
                            let path = role.open_path().await;
                            moved.insert(path);
                        }
                    }
                }
                match next {
                    Some(next) => cursor = Some(next),
                    None => break,
                }
            }
            let shown: HashSet<_> = seen.iter().cloned().collect();
            assert_eq!(shown.len(), seen.len(), "a row was listed twice: {seen:?}");
            for path in paths.iter().filter(|path| !moved.contains(*path)) {
                assert!(shown.contains(path), "{path} did not move and was not listed");
            }
            world.assert_sound().await;
        },
    );
}
