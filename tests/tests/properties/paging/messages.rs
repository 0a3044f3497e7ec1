use deskless_tests::{Role, World};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::{List, assert_list, page};
use crate::support::check_async;

fn list(thread: &str, order: &str, short_pages: bool) -> List {
    let order = if order.is_empty() { String::new() } else { format!("?order={order}") };
    List { path: format!("{thread}/messages{order}"), plural: "messages", short_pages, endless: true }
}

/// Creates messages and returns the responses.
pub async fn write(role: &Role<'_>, thread: &str, bodies: impl IntoIterator<Item = String>) -> Vec<Value> {
    let mut written = Vec::new();
    for (i, body) in bodies.into_iter().enumerate() {
        let kind = if i % 5 == 4 { "note" } else { "reply" };
        let ask =
            role.ask(http::Method::POST, &format!("{thread}/messages")).json(&json!({ "body": body, "type": kind }));
        // Some in the same millisecond.
        let answer = if i % 3 == 0 { ask.send().await } else { ask.send_now().await };
        written.push(answer.expect(201)["message"].clone());
    }
    written
}

#[test]
fn thread_lists_each_message_once_in_order() {
    let limits = vec(prop_oneof![Just(None), Just(Some(500)), (1..12_usize).prop_map(Some)], 4);
    check_async(12, &(0..40_usize, limits), async |(messages, limits)| {
        let world = World::new().await;
        let role = world.server_key();
        // Other threads must not appear.
        let (before, thread, behind) = (role.open_path().await, role.open_path().await, role.open_path().await);
        let _ = write(&role, &before, ["Before".to_owned()]).await;
        let written = write(&role, &thread, (0..messages).map(|i| format!("Message {i}"))).await;
        let _ = write(&role, &behind, ["Behind".to_owned()]).await;
        let mut reversed = written.clone();
        reversed.reverse();
        // Include the limits at which an end is easily missed: the number of messages, and one more.
        for limit in limits.into_iter().chain([messages.max(1), messages + 1].map(Some)) {
            assert_list(&role, &list(&thread, "", false), limit, &written).await;
            assert_list(&role, &list(&thread, "asc", false), limit, &written).await;
            assert_list(&role, &list(&thread, "desc", false), limit, &reversed).await;
        }
        world.assert_sound().await;
    });
}

#[test]
fn last_cursor_returns_newer_messages() {
    check_async(8, &(1..5_usize, vec(0..7_usize, 1..8)), async |(limit, bursts)| {
        let world = World::new().await;
        let role = world.server_key();
        let thread = role.open_path().await;
        let path = format!("{thread}/messages");
        let (mut cursor, mut seen, mut written) = (String::new(), Vec::new(), Vec::new());
        for burst in bursts {
            written.extend(write(&role, &thread, (0..burst).map(|i| format!("Message {i}"))).await);
            loop {
                let answer = role.get(&format!("{path}?limit={limit}{cursor}")).await.expect(200);
                seen.extend(answer["messages"].as_array().expect("messages").clone());
                cursor = format!("&cursor={}", answer["nextCursor"].as_str().expect("never null"));
                if answer["hasMore"] == false {
                    break;
                }
            }
            assert_eq!(seen, written);
        }
    });
}

#[tokio::test]
async fn short_pages_of_long_messages_lose_nothing() {
    let world = World::new().await;
    let role = world.server_key();
    let thread = role.open_path().await;
    // 32,000 bytes each. DynamoDB ends a read at 1 MB, which the 33rd message exceeds.
    let body = |i: usize| format!("{i:04}{}", "😀".repeat(7996));
    let mut written = write(&role, &thread, (0..70).map(body)).await;
    let (first, next) = page(&role, &list(&thread, "", true), Some(500), None).await;
    assert!((20..40).contains(&first.len()) && next.is_some(), "{} on the first page", first.len());
    for limit in [None, Some(500), Some(33), Some(10)] {
        assert_list(&role, &list(&thread, "", true), limit, &written).await;
    }
    written.reverse();
    for limit in [None, Some(500), Some(33), Some(10)] {
        assert_list(&role, &list(&thread, "desc", true), limit, &written).await;
    }
}
