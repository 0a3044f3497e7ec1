use deskless_tests::{Role, World};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{List, assert_list, page};
use crate::support::check_async;

const PATH: &str = "/api/v1/predefined-messages";

fn list() -> List {
    List { path: PATH.to_owned(), plural: "predefinedMessages", short_pages: false, endless: false }
}

/// Generates titles that are often equal, differ in case or share a prefix.
fn title() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[abAB]{1,3}",
        1 => "[a-cÄäßЖж😀 ]{0,5}[a-z]",
        1 => Just("😀".repeat(120)),
    ]
}

fn place(message: &Value) -> (String, String) {
    let text = |field: &str| message[field].as_str().expect("text").to_owned();
    (text("title").to_lowercase(), text("id"))
}

async fn fill(role: &Role<'_>, titles: &[String]) -> Vec<Value> {
    let mut made = Vec::new();
    for (i, title) in titles.iter().enumerate() {
        let body = json!({ "title": title, "content": format!("Number {i}") });
        let ask = role.ask(http::Method::POST, PATH).json(&body);
        let answer = if i % 3 == 0 { ask.send_now().await } else { ask.send().await };
        made.push(answer.expect(201)["predefinedMessage"].clone());
    }
    made
}

#[test]
fn predefined_messages_are_listed_once_by_title() {
    check_async(12, &(vec(title(), 0..30), vec(1..12_usize, 3), vec((any::<Index>(), title()), 0..6)), async |drawn| {
        let (titles, limits, changes) = drawn;
        let world = World::new().await;
        let role = world.server_key();
        let mut made = fill(&role, &titles).await;
        for (which, title) in if made.is_empty() { &[] } else { changes.as_slice() } {
            let message = which.get_mut(&mut made);
            let path = format!("{PATH}/{}", message["id"].as_str().expect("an id"));
            *message = role.patch(&path, &json!({ "title": title })).await.expect(200)["predefinedMessage"].clone();
        }
        made.sort_by_key(place);
        for limit in limits.into_iter().chain([titles.len().max(1), titles.len() + 1]).map(Some).chain([None]) {
            assert_list(&role, &list(), limit.or((titles.len() > 20).then_some(100)), &made).await;
        }
        world.assert_sound().await;
    });
}

#[test]
fn concurrent_renames_cause_no_duplicates() {
    let meanwhile = vec(vec((any::<Index>(), title()), 0..3), 12);
    check_async(15, &(vec(title(), 1..20), 1..5_usize, meanwhile), async |(titles, limit, meanwhile)| {
        let world = World::new().await;
        let role = world.server_key();
        let made = fill(&role, &titles).await;
        let ids: Vec<_> = made.iter().map(|message| message["id"].as_str().expect("an id").to_owned()).collect();
        let (mut seen, mut cursor, mut moved) = (Vec::new(), None, std::collections::HashSet::new());
        let mut meanwhile = meanwhile.into_iter();
        let walked = List { short_pages: true, ..list() };
        loop {
            let (rows, next) = page(&role, &walked, Some(limit), cursor.as_deref()).await;
            seen.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
            for (which, title) in meanwhile.next().unwrap_or_default() {
                let id = which.get::<String>(&ids);
                let _ = role.patch(&format!("{PATH}/{id}"), &json!({ "title": title })).await.expect(200);
                moved.insert(id.clone());
            }
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let shown: std::collections::HashSet<_> = seen.iter().collect();
        assert_eq!(shown.len(), seen.len(), "a row was listed twice: {seen:?}");
        for id in ids.iter().filter(|id| !moved.contains(*id)) {
            assert!(shown.contains(id), "{id} did not move and was not listed");
        }
        world.assert_sound().await;
    });
}

#[tokio::test]
async fn short_pages_of_long_texts_lose_nothing() {
    let world = World::new().await;
    let role = world.server_key();
    let mut made = Vec::new();
    for i in 0..70 {
        let body = json!({ "title": format!("{:02}", 70 - i), "content": "😀".repeat(8000) });
        made.push(role.post(PATH, &body).await.expect(201)["predefinedMessage"].clone());
    }
    made.reverse();
    let walked = List { short_pages: true, ..list() };
    for limit in [100, 33, 10] {
        assert_list(&role, &walked, Some(limit), &made).await;
    }
}
