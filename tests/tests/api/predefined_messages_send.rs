//! Sending predefined messages.

use deskless_tests::World;
use http::Method;
use serde_json::json;

use super::predefined_messages::{PATH, UNKNOWN, make, path_of};

#[tokio::test]
async fn message_body_is_rendered_from_template() {
    let world = World::new().await;
    let role = world.server_key();
    let conversation = role.open(&deskless_tests::example_conversation()).await;
    let thread = format!("/api/v1/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
    let message = make(&role, "a", "Hello {{customer.name}}, this is #{{conversation.number}}.").await;
    let body = json!({ "role": "assistant", "predefinedMessageId": message["id"] });
    let said = role.post(&thread, &body).await.expect(201)["message"].clone();
    let text = format!("Hello Ada Lovelace, this is #{}.", conversation["number"]);
    assert_eq!((&said["body"], &said["role"], &said["type"]), (&json!(text), &json!("assistant"), &json!("reply")));
    // A sent message does not change with its template.
    let _ = role.patch(&path_of(&message), &json!({ "content": "Bye" })).await.expect(200);
    assert_eq!(role.get(&thread).await.expect(200)["messages"], json!([said]));
    let note = json!({ "type": "note", "predefinedMessageId": message["id"] });
    assert_eq!(role.post(&thread, &note).await.expect(201)["message"]["body"], "Bye");
    world.assert_sound().await;
}

#[tokio::test]
async fn body_and_predefined_message_are_exclusive() {
    let world = World::new().await;
    let role = world.server_key();
    let thread = format!("{}/messages", role.open_path().await);
    let message = make(&role, "a", "b").await;
    let both = json!({ "body": "Hi", "predefinedMessageId": message["id"] });
    let _ = role.post(&thread, &both).await.expect_invalid(&["body", "predefinedMessageId"]);
    let neither = role.post(&thread, &json!({ "role": "robot" })).await.expect_invalid(&["body", "role"]);
    assert!(neither["error"].as_str().expect("text").contains("predefinedMessageId"), "{neither}");
    let _ = role.post(&thread, &json!({ "predefinedMessageId": null })).await.expect_invalid(&["predefinedMessageId"]);
    let foreign = make(&world.other_workspace(), "a", "b").await;
    for id in [foreign["id"].as_str().expect("an id"), UNKNOWN, "x"] {
        let body = json!({ "predefinedMessageId": id });
        let _ = role.post(&thread, &body).await.expect_invalid(&["predefinedMessageId"]);
        let opened = json!({ "subject": "a", "customer": { "id": "c" }, "message": body });
        let answer = role.post("/api/v1/conversations", &opened).await;
        let _ = answer.expect_invalid(&["message.predefinedMessageId"]);
    }
    let body = json!({ "predefinedMessageId": message["id"] });
    let unknown = format!("/api/v1/conversations/{UNKNOWN}/messages");
    let _ = role.post(&unknown, &body).await.expect_problem(404, "not_found");
    assert_eq!(role.get(&thread).await.expect(200)["messages"], json!([]));
}

#[tokio::test]
async fn message_with_a_missing_value_is_refused() {
    let world = World::new().await;
    let role = world.server_key();
    let opened = role.open(&json!({ "subject": "a", "customer": { "id": "cus_1" } })).await;
    let thread = format!("/api/v1/conversations/{}/messages", opened["id"].as_str().expect("an id"));
    let nameless = make(&role, "a", "Hello {{customer.name}} of {{customer.company}}").await;
    let body = json!({ "predefinedMessageId": nameless["id"] });
    let problem = role.post(&thread, &body).await.expect_invalid(&["predefinedMessageId"]);
    assert_eq!(problem["errors"][0]["code"], "missing_value");
    assert_eq!(
        problem["error"],
        "`predefinedMessageId` uses {{customer.name}}, {{customer.company}}, which has no value in this conversation. \
         Give it a fallback in the predefined message, such as {{customer.name | default: \"there\"}}."
    );
    let rendered =
        role.post(&format!("{}/render", path_of(&nameless)), &json!({ "conversationId": opened["id"] })).await;
    assert_eq!(rendered.expect(200)["missingVariables"], json!(["customer.name", "customer.company"]));
    let greeting = make(&role, "b", "Hello {{customer.name | default: \"there\"}}, write {{\"{{1}}\"}}").await;
    let said = role.post(&thread, &json!({ "predefinedMessageId": greeting["id"] })).await.expect(201);
    assert_eq!(said["message"]["body"], "Hello there, write {{1}}");
}

#[tokio::test]
async fn too_long_rendered_body_is_refused() {
    let world = World::new().await;
    let role = world.server_key();
    let conversation = json!({ "subject": "x".repeat(500), "customer": { "id": "cus_1" } });
    let opened = role.open(&conversation).await;
    let thread = format!("/api/v1/conversations/{}/messages", opened["id"].as_str().expect("an id"));
    let long = make(&role, "a", &"{{conversation.subject}}".repeat(17)).await;
    let empty = make(&role, "a", "{{customer.name | default: \"\"}}").await;
    for (message, says) in [(&long, "must be at most 8000 characters; it has 8500"), (&empty, "must not be empty")] {
        let body = json!({ "predefinedMessageId": message["id"] });
        let problem = role.post(&thread, &body).await.expect_invalid(&["predefinedMessageId"]);
        let text = problem["error"].as_str().expect("text");
        assert!(text.contains("an invalid text for this conversation") && text.contains(says), "{text}");
        let mut opening = conversation.clone();
        opening["message"] = body;
        let answer = role.post("/api/v1/conversations", &opening).await;
        let _ = answer.expect_invalid(&["message.predefinedMessageId"]);
    }
    let body = json!({ "conversationId": opened["id"] });
    let text = role.post(&format!("{}/render", path_of(&long)), &body).await.expect(200)["text"].clone();
    assert_eq!(text.as_str().expect("text").len(), 8500);
    world.assert_sound().await;
}

#[tokio::test]
async fn first_message_can_be_predefined() {
    let world = World::new().await;
    let role = world.server_key();
    let customer = json!({ "id": "cus_1", "name": "Ada" });
    let _ = role.post("/api/v1/customers", &customer).await.expect(201);
    let member = role.post("/api/v1/members", &json!({ "name": "Grace", "email": "g@example.com" })).await.expect(201);
    let message =
        make(&role, "a", "{{customer.name}}: {{conversation.number}}, {{assignee.name}}, {{conversation.id}}").await;
    // The name comes from the customer record, not from this request.
    let opened = role
        .open(&json!({
            "subject": "a", "customer": { "id": "cus_1" }, "assigneeId": member["member"]["id"],
            "message": { "role": "assistant", "predefinedMessageId": message["id"] },
        }))
        .await;
    let id = opened["id"].as_str().expect("an id");
    let text = format!("Ada: {}, Grace, {id}", opened["number"]);
    assert_eq!(opened["preview"], text);
    let thread = role.get(&format!("/api/v1/conversations/{id}/messages")).await.expect(200);
    assert_eq!(thread["messages"][0]["body"], text);
    world.assert_sound().await;
}

#[tokio::test]
async fn retry_succeeds_after_message_was_deleted() {
    let world = World::new().await;
    let role = world.server_key();
    let conversation = role.open(&deskless_tests::minimal_conversation()).await;
    let message = make(&role, "a", "Hello").await;
    let thread = format!("/api/v1/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
    let said = json!({ "predefinedMessageId": message["id"] });
    let opening = json!({ "subject": "a", "customer": { "id": "c" }, "message": said });
    let render = format!("{}/render", path_of(&message));
    let requests = [
        (thread.as_str(), said, 201),
        ("/api/v1/conversations", opening, 201),
        (render.as_str(), json!({ "conversationId": conversation["id"] }), 200),
        (PATH, json!({ "title": "a", "content": "b" }), 201),
    ];
    let mut first = Vec::new();
    for (path, body, status) in &requests {
        let ask = role.ask(Method::POST, path).header("idempotency-key", "k").json(body);
        first.push(ask.send().await.expect(*status));
    }
    let _ = role.ask(Method::DELETE, &path_of(&message)).send().await.expect(204);
    let rows = world.rows().await.len();
    for ((path, body, status), first) in requests.iter().zip(first) {
        let again = role.ask(Method::POST, path).header("idempotency-key", "k").json(body).send().await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{path}");
        assert_eq!(again.expect(*status), first, "{path}");
        let other = role.ask(Method::POST, path).header("idempotency-key", "k").json(&json!({ "x": 1 }));
        let _ = other.send().await.expect(400);
    }
    assert_eq!(world.rows().await.len(), rows);
    world.assert_sound().await;
}
