//! Predefined messages: CRUD, listing by title and rendering.

use deskless_domain::{KeyKind, Scope};
use deskless_tests::{KeyOptions, Role, World, packed};
use http::Method;
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/predefined-messages";
pub const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

pub async fn make(role: &Role<'_>, title: &str, content: &str) -> Value {
    let body = json!({ "title": title, "content": content });
    role.post(PATH, &body).await.expect(201)["predefinedMessage"].clone()
}

pub fn path_of(message: &Value) -> String {
    format!("{PATH}/{}", message["id"].as_str().expect("an id"))
}

async fn titles(role: &Role<'_>, query: &str) -> Vec<String> {
    let list = role.get(&format!("{PATH}{query}")).await.expect(200);
    let rows = list["predefinedMessages"].as_array().expect("rows");
    rows.iter().map(|row| row["title"].as_str().expect("a title").to_owned()).collect()
}

#[tokio::test]
async fn create_get_list_update_and_delete() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({ "title": "Greeting", "content": "Hello {{customer.name}}!\nHow can we help?" });
    let answer = role.post(PATH, &body).await;
    let location = answer.header("location").expect("a location").to_owned();
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let mut made = answer.expect(201)["predefinedMessage"].clone();
    assert_eq!(location, path_of(&made));
    assert_eq!(role.get(&location).await.expect(200)["predefinedMessage"], made);
    let list = role.get(PATH).await.expect(200);
    assert_eq!(list, json!({ "object": "list", "hasMore": false, "nextCursor": null, "predefinedMessages": [made] }));
    let key = json!({ "id": world.key().key.id, "name": "A key" });
    assert_eq!((made["id"].take(), made["createdBy"].take()), (json!(location[PATH.len() + 1..]), key));
    insta::assert_json_snapshot!(made, @r#"
    {
      "content": "Hello {{customer.name}}!\nHow can we help?",
      "createdAt": "2026-06-28T18:00:01.000Z",
      "createdBy": null,
      "fileId": null,
      "id": null,
      "messageType": "text",
      "object": "predefined_message",
      "title": "Greeting",
      "updatedAt": "2026-06-28T18:00:01.000Z"
    }
    "#);

    let change = json!({ "title": "Welcome", "content": "Welcome!", "messageType": "image" });
    let changed = role.patch(&location, &change).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.expect(200)["predefinedMessage"].clone();
    for field in ["title", "content", "messageType"] {
        assert_eq!(changed[field], change[field]);
    }
    assert_eq!(titles(&role, "").await, ["Welcome"]);
    assert_eq!(role.ask(Method::DELETE, &location).send().await.status.as_u16(), 204);
    let _ = role.get(&location).await.expect_problem(404, "not_found");
    let _ = role.ask(Method::DELETE, &location).send().await.expect_problem(404, "not_found");
    assert_eq!(titles(&role, "").await, Vec::<String>::new());
    world.assert_sound().await;
}

#[tokio::test]
async fn list_is_sorted_by_title_then_age() {
    let world = World::new().await;
    let role = world.server_key();
    let mut twins = Vec::new();
    for title in ["beta", "Beta", "alpha", "Alpha 2", "Älter", "beta", "Zeta", "1"] {
        let made = make(&role, title, "Text").await;
        if title.eq_ignore_ascii_case("beta") {
            twins.push(made["id"].clone());
        }
    }
    assert_eq!(titles(&role, "").await, ["1", "alpha", "Alpha 2", "beta", "Beta", "beta", "Zeta", "Älter"]);
    let list = role.get(PATH).await.expect(200);
    let found: Vec<_> = list["predefinedMessages"].as_array().expect("rows")[3..6].iter().map(|m| &m["id"]).collect();
    assert_eq!(found, twins.iter().collect::<Vec<_>>());
    world.assert_sound().await;
}

#[tokio::test]
async fn renamed_message_is_not_listed_twice() {
    let world = World::new().await;
    let role = world.server_key();
    let mut made = Vec::new();
    for title in ["a", "b", "c", "d", "e"] {
        made.push(make(&role, title, "Text").await);
    }
    let page = role.get(&format!("{PATH}?limit=2")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a cursor").to_owned();
    let _ = role.patch(&path_of(&made[0]), &json!({ "title": "x" })).await.expect(200);
    let _ = role.patch(&path_of(&made[3]), &json!({ "content": "Another text" })).await.expect(200);
    let _ = make(&role, "f", "Text").await;
    assert_eq!(titles(&role, &format!("?cursor={cursor}")).await, ["c", "d", "e", "f"]);
    // A new pagination sees it at its new position.
    let page = role.get(&format!("{PATH}?limit=2")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(titles(&role, &format!("?cursor={cursor}")).await, ["d", "e", "f", "x"]);
}

#[tokio::test]
async fn cursor_is_bound_to_list_and_url_safe() {
    let world = World::new().await;
    let role = world.server_key();
    for i in 0..3 {
        let title: String = "\u{1F600}".repeat(119) + &i.to_string();
        let _ = make(&role, &title, "Text").await;
        let _ = role.post("/api/v1/views", &json!({ "name": "a", "filter": {} })).await.expect(201);
    }
    let page = role.get(&format!("{PATH}?limit=1")).await.expect(200);
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    assert!(cursor.len() < 750, "{}", cursor.len());
    assert_eq!(titles(&role, &format!("?cursor={cursor}")).await.len(), 2);
    let views = role.get("/api/v1/views?limit=1").await.expect(200);
    let foreign = views["nextCursor"].as_str().expect("a cursor");
    for (role, cursor) in [
        (world.server_key(), foreign),
        (world.server_key(), &cursor[..cursor.len() - 1]),
        (world.server_key(), "x"),
        (world.server_key(), ""),
        (world.other_workspace(), cursor),
    ] {
        let _ = role.get(&format!("{PATH}?cursor={cursor}")).await.expect_problem(400, "invalid_cursor");
    }
    let _ = role.get(&format!("/api/v1/views?cursor={cursor}")).await.expect_problem(400, "invalid_cursor");
    let _ = role.get(&format!("{PATH}?limit=101")).await.expect_invalid(&["limit"]);
}

#[tokio::test]
async fn invalid_variable_is_refused_with_position() {
    let world = World::new().await;
    let role = world.server_key();
    let message = make(&role, "a", "b").await;
    for (content, says) in [
        (
            "Hi {{customer.nmae}}",
            "the unknown variable `{{customer.nmae}}` at character 4. It must be one of customer.id,",
        ),
        ("üü{{ x }}", "the unknown variable `{{x}}` at character 3."),
        ("{{}}", "the unknown variable `{{}}` at character 1."),
        ("{{{customer.name}}}", "the unknown variable `{{{customer.name}}` at character 1."),
        ("{{customer.name}} {{customer.name", "`{{` at character 19 without a closing `}}`."),
        ("{{customer.name, {{inbox.name}}", "`{{` at character 1 without a closing `}}`."),
        ("{{Customer.Name}}", "the unknown variable `{{Customer.Name}}` at character 1."),
    ] {
        let body = json!({ "title": "a", "content": content });
        for answer in [role.post(PATH, &body).await, role.patch(&path_of(&message), &body).await] {
            let problem = answer.expect_invalid(&["content"]);
            let text = problem["errors"][0]["message"].as_str().expect("text");
            assert!(text.starts_with(&format!("`content` has {says}")), "{text}");
        }
    }
    for fine in ["{", "}}", "{ {customer.name}}", "a } b { c"] {
        assert_eq!(make(&role, "a", fine).await["content"], fine);
    }
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let role = world.server_key();
    let message = make(&role, "a", "b").await;
    let path = path_of(&message);
    let _ = role.post(PATH, &json!({})).await.expect_invalid(&["title", "content"]);
    let _ = role
        .post(PATH, &json!({ "title": "", "content": " ", "messageType": "sticker", "createdBy": "me" }))
        .await
        .expect_invalid(&["title", "content", "messageType", "createdBy"]);
    let long = json!({ "title": "x".repeat(121), "content": "x".repeat(8001) });
    let _ = role.post(PATH, &long).await.expect_invalid(&["title", "content"]);
    let _ = role.patch(&path, &json!({})).await.expect_invalid(&[""]);
    let _ = role.patch(&path, &json!({ "title": null, "id": "x" })).await.expect_invalid(&["title", "id"]);
    let most = json!({ "title": "ü".repeat(120), "content": "ü".repeat(8000) });
    let _ = role.post(PATH, &most).await.expect(201);
    let ask = role.ask(Method::PATCH, &path).header("if-match", "\"7\"").json(&json!({ "title": "b" }));
    let _ = ask.send().await.expect_problem(412, "version_mismatch");
    assert_eq!(role.get(&path).await.expect(200)["predefinedMessage"], message);
}

#[tokio::test]
async fn every_variable_is_rendered() {
    let world = World::new().await;
    let role = world.server_key();
    let member = role.post("/api/v1/members", &json!({ "name": "Grace Hopper", "email": "g@example.com" })).await;
    let inbox = role.post("/api/v1/inboxes", &json!({ "name": "Support", "channel": "email" })).await;
    let conversation = role
        .open(&json!({
            "subject": "Need help", "channel": "email",
            "assigneeId": member.expect(201)["member"]["id"], "inboxId": inbox.expect(201)["inbox"]["id"],
            "customer": { "id": "cus_1", "name": "Ada", "email": "ada@example.com", "phone": "+49", "company": "Co" },
        }))
        .await;
    let all = "{{customer.id}}|{{customer.name}}|{{ customer.email }}|{{customer.phone}}|{{customer.company}}|\
               {{conversation.number}}|{{conversation.subject}}|{{conversation.channel}}|{{assignee.name}}|\
               {{inbox.name}}|{{workspace.name}}|{{conversation.id}}";
    let message = make(&role, "All", all).await;
    let path = format!("{}/render", path_of(&message));
    let id = conversation["id"].as_str().expect("an id");
    let answer = role.post(&path, &json!({ "conversationId": id })).await.expect(200);
    let wanted = format!(
        "cus_1|Ada|ada@example.com|+49|Co|{}|Need help|email|Grace Hopper|Support|Ours|{id}",
        conversation["number"]
    );
    assert_eq!(answer, json!({ "text": wanted, "missingVariables": [] }));

    let bare = role.open(&deskless_tests::minimal_conversation()).await;
    let answer = role.post(&path, &json!({ "conversationId": bare["id"] })).await.expect(200);
    let wanted =
        format!("cus_123|||||{}|Need help with auth|api|||Ours|{}", bare["number"], bare["id"].as_str().expect("id"));
    let missing =
        ["customer.name", "customer.email", "customer.phone", "customer.company", "assignee.name", "inbox.name"];
    assert_eq!(answer, json!({ "text": wanted, "missingVariables": missing }));
    let empty = make(&role, "Empty", "{{customer.name}}{{assignee.name}}").await;
    let path = format!("{}/render", path_of(&empty));
    let answer = role.post(&path, &json!({ "conversationId": bare["id"] })).await.expect(200);
    assert_eq!(answer, json!({ "text": "", "missingVariables": ["customer.name", "assignee.name"] }));
}

#[tokio::test]
async fn rendered_values_are_not_rendered_again() {
    let world = World::new().await;
    let role = world.server_key();
    let customer = json!({ "id": "cus_1", "name": "{{customer.email}}", "email": "ada@example.com" });
    let conversation = role.open(&json!({ "subject": "a", "customer": customer })).await;
    let message = make(&role, "a", "Hello {{customer.name}} }}").await;
    let body = json!({ "conversationId": conversation["id"] });
    let answer = role.post(&format!("{}/render", path_of(&message)), &body).await.expect(200);
    assert_eq!(answer["text"], "Hello {{customer.email}} }}");
}

#[tokio::test]
async fn unknown_conversation_cannot_be_rendered() {
    let world = World::new().await;
    let role = world.server_key();
    let foreign = world.other_workspace().open(&deskless_tests::minimal_conversation()).await;
    let path = format!("{}/render", path_of(&make(&role, "a", "b").await));
    for id in [foreign["id"].as_str().expect("an id"), UNKNOWN, "x"] {
        let _ = role.post(&path, &json!({ "conversationId": id })).await.expect_invalid(&["conversationId"]);
    }
    let _ = role.post(&path, &json!({})).await.expect_invalid(&["conversationId"]);
    let ours = role.open(&deskless_tests::minimal_conversation()).await;
    let body = json!({ "conversationId": ours["id"] });
    let _ = role.post(&format!("{PATH}/{UNKNOWN}/render"), &body).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn each_operation_requires_scopes_and_server_key() {
    let world = World::new().await;
    let role = world.server_key();
    let path = path_of(&make(&role, "a", "b").await);
    let conversation = role.open(&deskless_tests::minimal_conversation()).await;
    let said = json!({ "predefinedMessageId": path[PATH.len() + 1..] });
    let thread = format!("/api/v1/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
    let with = async |scopes: &[&str]| {
        let scopes = scopes.iter().map(|scope| Scope::parse(scope).expect("a scope")).collect();
        world.make_key(KeyOptions { scopes, ..KeyOptions::default() }).await
    };
    let change = json!({ "title": "b" });
    let new = json!({ "title": "a", "content": "b" });
    let filling = json!({ "conversationId": conversation["id"] });
    let reader = with(&["read:replies"]).await;
    let reader = world.with_key(&reader);
    let writer = with(&["write:replies"]).await;
    let writer = world.with_key(&writer);
    let agent = with(&["read:conversations", "write:conversations"]).await;
    let agent = world.with_key(&agent);
    let client = world.make_key(KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await;
    let client = world.with_key(&client);
    let _ = reader.get(PATH).await.expect(200);
    let _ = reader.get(&path).await.expect(200);
    let _ = writer.patch(&path, &change).await.expect(204);
    let _ = writer.post(PATH, &new).await.expect(204);
    for role in [&writer, &agent, &client] {
        let _ = role.get(PATH).await.expect_problem(403, "forbidden");
        let _ = role.get(&path).await.expect_problem(403, "forbidden");
    }
    for role in [&reader, &agent, &client] {
        let _ = role.post(PATH, &new).await.expect_problem(403, "forbidden");
        let _ = role.patch(&path, &change).await.expect_problem(403, "forbidden");
        let _ = role.ask(Method::DELETE, &path).send().await.expect_problem(403, "forbidden");
    }
    // Rendering requires read access to both conversations and predefined messages.
    for role in [&reader, &writer, &agent, &client] {
        let _ = role.post(&format!("{path}/render"), &filling).await.expect_problem(403, "forbidden");
    }
    let _ = agent.post(&thread, &said).await.expect_problem(403, "forbidden");
    let opening = json!({ "subject": "a", "customer": { "id": "c" }, "message": said });
    let _ = agent.post("/api/v1/conversations", &opening).await.expect_problem(403, "forbidden");
    let _ = world.anon().get(&path).await.expect_problem(401, "unauthorized");
    let browser = world.client_key().on_behalf_of(&world.token(&world.rotate_identity().await, "cus_123"));
    let _ = browser.post(&thread, &said).await.expect_invalid(&["predefinedMessageId"]);
}

#[tokio::test]
async fn workspace_holds_at_most_1000() {
    let world = World::new().await;
    let role = world.server_key();
    let made = make(&role, "a", "b").await;
    let row = world.rows().await.into_iter().find(|row| row.pk().ends_with("#Y")).expect("the stored item");
    let planted: Vec<_> = (1..1000)
        .map(|i| {
            let mut another = row.clone();
            another.0["sk"] = json!({ "S": packed(format!("01900000-0000-7000-8000-{i:012}")) });
            another.set("activity", json!({ "S": format!("a\t{}", another.sk()) }));
            another
        })
        .collect();
    world.plant(&planted).await;
    let body = json!({ "title": "a", "content": "b" });
    let problem = role.post(PATH, &body).await.expect_problem(409, "conflict");
    assert!(problem["error"].as_str().expect("text").contains("1000 predefined-messages"), "{problem}");
    let _ = role.ask(Method::DELETE, &path_of(&made)).send().await.expect(204);
    let _ = role.post(PATH, &body).await.expect(201);
}
