//! Filters, and the pages and totals of what they find.

use deskless_tests::World;
use serde_json::{Value, json};

const ACCOUNT: &str = "/dialects/chatwoot/api/v1/accounts/1";

fn conditions(all: &[(&str, &str)]) -> Value {
    let one = |(key, value): &(&str, &str)| json!({ "attribute_key": key, "filter_operator": "equal_to", "values": [value], "query_operator": "AND" });
    json!({ "payload": all.iter().map(one).collect::<Vec<_>>() })
}

#[tokio::test]
async fn attribute_is_filtered_by_once() {
    let world = World::new().await;
    let key = world.server_key();
    let path = format!("{ACCOUNT}/conversations/filter");
    for all in [
        [("labels", "a"), ("labels", "b")],
        [("status", "open"), ("status", "resolved")],
        [("status", "resolved"), ("status", "all")],
        [("priority", "high"), ("priority", "low")],
    ] {
        let refused = key.post(&path, &conditions(&all)).await.expect(422);
        assert_eq!(refused["attributes"], json!(["attribute_key"]), "{all:?}: {refused}");
    }
    let _ = key.post(&path, &conditions(&[("labels", "a"), ("status", "open")])).await.expect(200);
}

#[tokio::test]
async fn totals_of_an_agent_count_their_conversations() {
    let world = World::new().await;
    let key = world.server_key();
    let member = json!({ "name": "Max", "email": "max@example.com" });
    let member = key.post("/api/v1/members", &member).await.expect(201)["member"]["id"].clone();
    for assignee in [json!(member), Value::Null, Value::Null] {
        let body = json!({ "source_id": "cus_1", "assignee_id": assignee });
        let _ = key.post(&format!("{ACCOUNT}/conversations"), &body).await.expect(200);
    }
    let all = conditions(&[("assignee_id", member.as_str().expect("an id"))]);
    let found = key.post(&format!("{ACCOUNT}/conversations/filter"), &all).await.expect(200);
    assert_eq!(found["payload"].as_array().map(Vec::len), Some(1));
    let expected = json!({ "mine_count": 0, "assigned_count": 1, "unassigned_count": 0, "all_count": 1 });
    assert_eq!(found["meta"], expected);
}

#[tokio::test]
async fn second_page_does_not_repeat_a_contact() {
    let world = World::new().await;
    let key = world.server_key();
    let _ = key.post(&format!("{ACCOUNT}/contacts"), &json!({ "identifier": "cus_1" })).await.expect(200);
    let filter = conditions(&[("identifier", "cus_1")]);
    for (page, expected) in [(1, 1), (2, 0)] {
        let found = key.get(&format!("{ACCOUNT}/contacts/search?q=cus_1&page={page}")).await.expect(200);
        assert_eq!(found["payload"].as_array().map(Vec::len), Some(expected), "{page}");
        let found = key.post(&format!("{ACCOUNT}/contacts/filter?page={page}"), &filter).await.expect(200);
        assert_eq!((found["payload"].as_array().map(Vec::len), &found["meta"]["count"]), (Some(expected), &json!(1)));
    }
}

#[tokio::test]
async fn several_labels_are_refused_in_every_spelling() {
    let world = World::new().await;
    for query in ["labels=a,b", "labels=a&labels=b", "labels[]=a&labels[]=b", "labels=a&labels[]=b"] {
        for list in ["conversations", "conversations/meta"] {
            let refused = world.server_key().get(&format!("{ACCOUNT}/{list}?{query}")).await.expect(400);
            assert!(refused["error"].as_str().is_some_and(|text| text.contains("labels")), "{query}: {refused}");
        }
    }
}
