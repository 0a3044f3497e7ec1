use deskless_tests::World;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/views";

#[tokio::test]
async fn view_accepts_every_list_filter() {
    let world = World::new().await;
    for filter in [
        json!({}),
        json!({ "status": "open", "channel": "email", "assigneeId": "none", "unread": true, "snoozed": false }),
        json!({ "customerEmail": "ada@example.com", "tag": "vip", "createdAfter": "2026-01-01T00:00:00.000Z" }),
    ] {
        let body = json!({ "name": "Mine", "filter": filter });
        let made = world.server_key().post(PATH, &body).await.expect(201)["view"].clone();
        assert_eq!(made["filter"], filter);
        let path = format!("{PATH}/{}", made["id"].as_str().expect("an id"));
        assert_eq!(world.server_key().get(&path).await.expect(200)["view"], made);
    }
}

#[tokio::test]
async fn unknown_filter_is_named() {
    let world = World::new().await;
    for (filter, fields) in [
        (
            json!({ "viewId": "x", "limit": "1", "stauts": "open" }),
            vec!["filter.viewId", "filter.limit", "filter.stauts"],
        ),
        (json!({ "status": 7, "unread": "yes" }), vec!["filter.status", "filter.unread"]),
        (json!({ "tag": "" }), vec!["filter.tag"]),
        (json!("status=open"), vec!["filter"]),
        (Value::Null, vec!["filter"]),
    ] {
        let body = json!({ "name": "Mine", "filter": filter });
        let _ = world.server_key().post(PATH, &body).await.expect_invalid(&fields);
    }
}
