//! Marking a part of a very long thread as read.

use deskless_tests::{Faults, Row, World, packed};
use serde_json::{Value, json};

const MESSAGES: usize = 24_000;

/// Creates a conversation with this many messages of the customer, which are written directly.
async fn long_thread(world: &World) -> (String, impl Fn(usize) -> String) {
    let role = world.server_key();
    let path = role.open_path().await;
    let said = role.post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let model = said["message"]["id"].as_str().expect("an id").to_owned();
    let rows = world.rows().await;
    let message = rows.iter().find(|row| row.sk() == format!("M#{}", packed(&model))).expect("a message");
    // Ids after the first message, in order.
    let id = move |i: usize| format!("{}{i:012}", "02000000-0000-7000-8000-");
    let planted: Vec<Row> = (1..MESSAGES)
        .map(|i| {
            let mut row = message.clone();
            row.0["sk"] = json!({ "S": format!("M#{}", packed(id(i))) });
            row
        })
        .collect();
    world.plant(&planted).await;
    let mut conversation = rows.iter().find(|row| row.pk() == message.pk() && row.sk() == "A").expect("it").clone();
    let count = json!({ "N": MESSAGES.to_string() });
    conversation.set("messageCount", count.clone());
    conversation.set("unreadCount", count);
    let newest = json!({ "S": packed(id(MESSAGES - 1)) });
    for attribute in ["orderMark", "activity", "previewMessageId"] {
        conversation.set(attribute, newest.clone());
    }
    world.put(&conversation).await;
    (path, id)
}

#[tokio::test]
async fn reading_a_long_thread_is_bounded() {
    let world = World::behind_proxy(Faults::default()).await;
    world.disable_stream().await;
    let (path, id) = long_thread(&world).await;
    let read = async |up_to: Value| {
        let _ = world.proxy().take_meter();
        let body = world.server_key().post(&format!("{path}/read"), &json!({ "upTo": up_to })).await.expect(200);
        let queries = world.proxy().take_meter().operations.iter().filter(|operation| *operation == "Query").count();
        (body["conversation"]["unreadCount"].as_u64().expect("a number"), queries)
    };
    // More than 10,000 messages follow, and fewer lie before.
    assert_eq!(read(json!(id(99))).await, ((MESSAGES - 100) as u64, 11));
    // More than 10,000 on both sides.
    assert_eq!(read(json!(id(12_000))).await, (10_000, 20));
    // Few follow: exact again.
    assert_eq!(read(json!(id(MESSAGES - 11))).await, (10, 1));
    // The mark does not move, so nothing is counted.
    assert_eq!(read(json!(id(7))).await, (10, 0));
}
