use deskless_domain::Scope;
use deskless_tests::{KeyOptions, example_conversation, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, browser, opening, path_of, world};

#[tokio::test]
async fn customer_manages_own_conversations() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    let opened = ada.post(PATH, &opening()).await.expect(201);
    assert_eq!(opened["customerToken"], Value::Null, "callers with a token get no new one");
    assert_eq!(opened["conversation"]["customer"]["id"], "cus_ada");
    let path = path_of(&opened["conversation"]);
    assert_eq!(ada.get(&path).await.expect(200)["conversation"], opened["conversation"]);

    let thread = format!("{path}/messages");
    let _ = world.server_key().post(&thread, &json!({ "role": "assistant", "body": "On its way." })).await.expect(201);
    let said = ada.post(&thread, &json!({ "body": "Thanks", "role": "user", "type": "reply" })).await.expect(201);
    let list = ada.get(&thread).await.expect(200);
    let bodies: Vec<_> = list["messages"].as_array().expect("a list").iter().map(|m| m["body"].clone()).collect();
    assert_eq!(bodies, ["It was to come yesterday.", "On its way.", "Thanks"]);
    assert_eq!(list["messages"][2], said["message"]);

    let own = ada.get(PATH).await.expect(200);
    assert_eq!(own["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!(ada.get(&format!("{PATH}?status=solved")).await.expect(200)["conversations"], json!([]));
    let seen = world.server_key().get(&thread).await.expect(200);
    assert_eq!(seen["messages"][2]["sender"], json!({ "id": "cus_ada", "name": null, "email": null }));
    assert_eq!(seen["messages"][2]["role"], "user");
    let whole = world.server_key().get(&path).await.expect(200)["conversation"].clone();
    assert_eq!((&whole["source"], &whole["customer"]["identitySource"]), (&json!("widget"), &json!("token")));
    world.assert_sound().await;
}

#[tokio::test]
async fn customer_replies_to_conversation_from_back_end() {
    let (world, secret) = world().await;
    let opened = world.server_key().open(&example_conversation()).await;
    let path = path_of(&opened);
    let _ = world.server_key().patch(&path, &json!({ "status": "solved" })).await.expect(200);
    let ada = browser(&world, &secret, "cus_123");
    assert_eq!(ada.get(&path).await.expect(200)["conversation"]["status"], "solved");
    let _ = ada.post(&format!("{path}/messages"), &json!({ "body": "It is not." })).await.expect(201);
    assert_eq!(ada.get(&path).await.expect(200)["conversation"]["status"], "open");
    world.assert_sound().await;
}

#[tokio::test]
async fn browser_message_opens_no_provider_window() {
    let (world, secret) = world().await;
    let body = json!({ "subject": "a", "channel": "whatsapp", "customer": { "id": "cus_ada" } });
    let path = path_of(&world.server_key().open(&body).await);
    let thread = format!("{path}/messages");
    let window = async || world.server_key().get(&path).await.expect(200)["conversation"]["windowExpiresAt"].clone();
    let _ = browser(&world, &secret, "cus_ada").post(&thread, &json!({ "body": "Hi" })).await.expect(201);
    assert_eq!(window().await, Value::Null);
    let _ = world.server_key().post(&thread, &json!({ "body": "Hi", "externalId": "wamid.1" })).await.expect(201);
    assert!(window().await.is_string());
}

#[tokio::test]
async fn other_operations_are_forbidden() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    let path = path_of(&ada.post(PATH, &opening()).await.expect(201)["conversation"]);
    let thread = format!("{path}/messages");
    let message = ada.get(&thread).await.expect(200)["messages"][0]["id"].as_str().expect("an id").to_owned();
    let document = deskless_tests::Specification::committed().document();
    let open = [
        "list_conversations",
        "create_conversation",
        "get_conversation",
        "list_messages",
        "create_message",
        "sign_file",
        "register_file",
        "get_file",
    ];
    let mut closed = 0;
    for (route, method) in deskless_tests::Specification::committed().operations() {
        let operation = &document["paths"][&route][method.as_str().to_lowercase()];
        let id = operation["operationId"].as_str().expect("an id");
        if open.contains(&id) || operation["security"] == json!([{}]) || operation["security"] == json!([]) {
            continue;
        }
        let (_, conversation) = path.rsplit_once('/').expect("an id");
        let mut own = route.replace("{conversationId}", conversation).replace("{messageId}", &message);
        // Replace the remaining path parameters. The request is refused before they are used.
        while let Some((before, rest)) = own.split_once('{') {
            let (_, after) = rest.split_once('}').expect("a closing brace");
            own = format!("{before}{conversation}{after}");
        }
        let _ = ada.ask(method.clone(), &own).json(&json!({})).send().await.expect_problem(403, "forbidden");
        closed += 1;
    }
    assert!(closed >= 2, "closed operations were tried");
}

#[tokio::test]
async fn without_token_only_creating_is_allowed() {
    let (world, secret) = world().await;
    let path = path_of(&browser(&world, &secret, "cus_ada").post(PATH, &opening()).await.expect(201)["conversation"]);
    let nobody = world.client_key();
    for path in [PATH, &path, &format!("{path}/messages")] {
        let _ = nobody.get(path).await.expect_problem(403, "forbidden");
    }
    let said = json!({ "body": "Hi" });
    let _ = nobody.post(&format!("{path}/messages"), &said).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn client_key_requires_scopes_and_origins() {
    let (world, secret) = world().await;
    let token = world.token(&secret, "cus_ada");
    let options = KeyOptions { kind: deskless_domain::KeyKind::Client, ..KeyOptions::default() };
    let reads = KeyOptions { scopes: vec![Scope::ReadConversations], ..options.clone() };
    let reader = world.make_key(reads).await;
    let reader = world.with_key(&reader).on_behalf_of(&token);
    let _ = reader.get(PATH).await.expect(200);
    let _ = reader.post(PATH, &opening()).await.expect_problem(403, "forbidden");

    let shop = world.make_key(KeyOptions { origins: vec!["https://shop.example"], ..options }).await;
    let shop = world.with_key(&shop);
    let open = |origin: &str| shop.ask(Method::POST, PATH).header("origin", origin).json(&opening());
    let _ = open("https://shop.example").send().await.expect(201);
    let _ = open("https://evil.example").send().await.expect_problem(403, "forbidden");
    let _ = shop.post(PATH, &opening()).await.expect_problem(403, "forbidden");
    let with_token = shop.on_behalf_of(&token);
    let _ = with_token.get(PATH).await.expect_problem(403, "forbidden");
    let _ = with_token.ask(Method::GET, PATH).header("origin", "https://shop.example").send().await.expect(200);
}

#[tokio::test]
async fn restricted_fields_are_refused() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    for (field, value) in [
        ("tags", json!(["vip"])),
        ("metadata", json!({ "plan": "free" })),
        ("status", json!("solved")),
        ("priority", json!("urgent")),
        ("externalId", json!("ticket_1")),
        ("sessionKey", json!("whatsapp_1")),
        ("escalated", json!(true)),
        ("source", json!("phone")),
    ] {
        let mut body = opening();
        body[field] = value;
        let _ = ada.post(PATH, &body).await.expect_invalid(&[field]);
    }
    let mut paid = opening();
    paid["channel"] = json!("sms");
    let _ = ada.post(PATH, &paid).await.expect_problem(403, "forbidden");
    paid["channel"] = json!("live-chat");
    let thread = format!("{}/messages", path_of(&ada.post(PATH, &paid).await.expect(201)["conversation"]));
    for body in [
        json!({ "body": "Hi", "role": "assistant" }),
        json!({ "body": "Hi", "role": "system" }),
        json!({ "body": "Hi", "type": "note" }),
    ] {
        let _ = ada.post(&thread, &body).await.expect_problem(403, "forbidden");
        let mut opened = opening();
        opened["message"] = body;
        let _ = ada.post(PATH, &opened).await.expect_problem(403, "forbidden");
    }
    for field in ["sender", "metadata"] {
        let mut body = json!({ "body": "Hi" });
        body[field] = json!({ "id": "cus_other" });
        let _ = ada.post(&thread, &body).await.expect_invalid(&[field]);
    }
    for query in ["customerId=cus_other", "tag=vip", "channel=api"] {
        let name = query.split('=').next().expect("a name");
        let _ = ada.get(&format!("{PATH}?{query}")).await.expect_invalid(&[name]);
    }
    assert_eq!(ada.get(PATH).await.expect(200)["conversations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn customer_input_does_not_change_customer_record() {
    let (world, secret) = world().await;
    let known = json!({ "id": "cus_123", "name": "Ada Lovelace", "email": "ada@example.com" });
    let _ = world.server_key().open(&json!({ "subject": "a", "customer": known })).await;
    let before: Vec<_> = records(&world).await;
    let ada = browser(&world, &secret, "cus_123");
    let mut body = opening();
    body["customer"] = json!({ "id": "cus_123", "name": "Eve", "email": "eve@example.com", "phone": "+49 1" });
    let shown = ada.post(PATH, &body).await.expect(201)["conversation"]["customer"].clone();
    assert_eq!(
        shown,
        json!({ "id": "cus_123", "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 1", "company": null })
    );
    assert_eq!(records(&world).await, before, "the records are unchanged");

    // A customer with a verified ID gets a record that contains only the ID.
    body["customer"] = json!({ "name": "Eve", "email": "eve@example.com" });
    let _ = browser(&world, &secret, "cus_eve").post(PATH, &body).await.expect(201);
    let made = records(&world).await;
    assert_eq!(made.len(), before.len() + 1);
    assert!(!made.iter().any(|row| row.contains("eve@example.com")));
    let eve = json!({ "subject": "a", "customer": { "id": "cus_real", "email": "eve@example.com" } });
    let _ = world.server_key().open(&eve).await;
    world.assert_sound().await;
}

/// Returns customer records and claims of emails.
async fn records(world: &deskless_tests::World) -> Vec<String> {
    let prefix = |letter: &str| format!("{}#{letter}#", world.prefix());
    let rows = world.rows().await.into_iter();
    let mut rows: Vec<_> = rows
        .filter(|row| row.pk().starts_with(&prefix("U")) || row.pk().starts_with(&prefix("E")))
        .map(|row| row.0.to_string())
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn token_with_server_key_is_refused() {
    let (world, secret) = world().await;
    let opened = world.server_key().open(&minimal_conversation()).await;
    let server = world.server_key().on_behalf_of(&world.token(&secret, "cus_other"));
    let _ = server.get(&path_of(&opened)).await.expect_invalid(&["X-Customer-Token"]);
    // Also where no client key is accepted.
    let _ = server.get("/api/v1/members").await.expect_invalid(&["X-Customer-Token"]);
}
