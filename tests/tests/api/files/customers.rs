use deskless_domain::{KeyKind, Scope};
use deskless_tests::{KeyOptions, Role, Upload, World};
use http::Method;
use serde_json::{Value, json};

const FILES: &str = "/api/v1/files";

/// Returns two customers, each with a conversation.
async fn customers(world: &World) -> [(Role<'_>, Value); 2] {
    let secret = world.rotate_identity().await;
    let open = async |customer: &str| {
        let browser = world.client_key().on_behalf_of(&world.token(&secret, customer));
        let opened = browser.post("/api/v1/conversations", &json!({ "subject": "Hi" })).await.expect(201);
        (browser, opened["conversation"]["id"].clone())
    };
    [open("cus_ada").await, open("cus_eve").await]
}

fn path_of(file: &Value) -> String {
    format!("{FILES}/{}", file["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn customers_upload_files_to_own_conversations() {
    let world = World::new().await;
    let [(ada, conversation), (eve, other)] = customers(&world).await;
    let file = ada.upload(&conversation, "a.txt", "hello").await;
    assert!(ada.get(&path_of(&file)).await.expect(200)["file"]["downloadUrl"].is_string());
    assert_eq!(world.server_key().get(&path_of(&file)).await.expect(200)["file"]["id"], file["id"]);

    let _ = eve.get(&path_of(&file)).await.expect_problem(404, "not_found");
    let _ = eve.post(FILES, &json!({ "fileId": file["id"] })).await.expect_invalid(&["fileId"]);
    let _ = eve.sign(&conversation, "a", "text/plain", 1).await.expect_invalid(&["conversationId"]);
    let signed = eve.sign(&other, "a", "text/plain", 1).await.expect(201);
    Upload::of(&signed["upload"], "x").expect_accepted().await;
    let body = json!({ "fileId": signed["file"]["id"] });
    let _ = ada.post(FILES, &body).await.expect_invalid(&["fileId"]);
    let _ = eve.post(FILES, &body).await.expect(200);
    world.assert_sound().await;
}

#[tokio::test]
async fn idempotency_keys_are_separate_per_customer() {
    let world = World::new().await;
    let [(ada, conversation), (eve, other)] = customers(&world).await;
    for (browser, conversation) in [(&ada, &conversation), (&eve, &other)] {
        let body = json!({ "fileName": "a", "contentType": "text/plain", "size": 1, "conversationId": conversation });
        for replayed in [false, true] {
            let ask = browser.ask(Method::POST, "/api/v1/files/sign").header("idempotency-key", "k");
            let answer = ask.json(&body).send().await;
            assert_eq!(answer.header("idempotent-replayed").is_some(), replayed);
            assert!(answer.expect(201)["upload"].is_object());
        }
    }
}

#[tokio::test]
async fn workspace_files_are_hidden_from_customers() {
    let world = World::new().await;
    let [(ada, _), _] = customers(&world).await;
    let file = world.server_key().upload(&json!(null), "a.txt", "hello").await;
    let _ = ada.get(&path_of(&file)).await.expect_problem(404, "not_found");
    let _ = ada.post(FILES, &json!({ "fileId": file["id"] })).await.expect_invalid(&["fileId"]);
    let _ = ada.sign(&json!(null), "a", "text/plain", 1).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn customers_cannot_delete_and_anonymous_cannot_use() {
    let world = World::new().await;
    let [(ada, conversation), _] = customers(&world).await;
    let file = ada.upload(&conversation, "a.txt", "hello").await;
    let _ = ada.ask(Method::DELETE, &path_of(&file)).send().await.expect_problem(403, "forbidden");
    let stranger = world.client_key();
    let _ = stranger.get(&path_of(&file)).await.expect_problem(403, "forbidden");
    let _ = stranger.sign(&conversation, "a", "text/plain", 1).await.expect_problem(403, "forbidden");
    let _ = stranger.post(FILES, &json!({ "fileId": file["id"] })).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn each_operation_requires_its_scope() {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    let file = world.server_key().upload(&json!(null), "a.txt", "hello").await;
    for kind in [KeyKind::Server, KeyKind::Client] {
        let all = |but: Scope| Scope::ALL.iter().copied().filter(move |scope| *scope != but).collect::<Vec<_>>();
        let key = world.make_key(KeyOptions { kind, scopes: all(Scope::WriteFiles), ..KeyOptions::default() }).await;
        let mut role = world.with_key(&key);
        if kind == KeyKind::Client {
            role = role.on_behalf_of(&world.token(&secret, "cus_ada"));
        }
        let _ = role.sign(&json!(null), "a", "text/plain", 1).await.expect_problem(403, "forbidden");
        let _ = role.post(FILES, &json!({ "fileId": file["id"] })).await.expect_problem(403, "forbidden");
        let _ = role.ask(Method::DELETE, &path_of(&file)).send().await.expect_problem(403, "forbidden");
        let key = world.make_key(KeyOptions { kind, scopes: all(Scope::ReadFiles), ..KeyOptions::default() }).await;
        let mut role = world.with_key(&key);
        if kind == KeyKind::Client {
            role = role.on_behalf_of(&world.token(&secret, "cus_ada"));
        }
        let _ = role.get(&path_of(&file)).await.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn refused_reply_shares_no_file() {
    let world = World::new().await;
    let ours = world.server_key();
    let [(ada, conversation), _] = customers(&world).await;
    let path = format!("/api/v1/conversations/{}", conversation.as_str().expect("an id"));
    let thread = format!("{path}/messages");
    let file = ours.upload(&conversation, "a.txt", "internal").await;
    let reply = json!({ "body": "Look", "attachments": [{ "fileId": file["id"] }] });
    let post = |body: &Value| ours.ask(Method::POST, &thread).header("idempotency-key", "k").json(body);
    let _ = post(&json!({ "body": "Hi" })).send().await.expect(201);
    let _ = post(&reply).send().await.expect_problem(422, "idempotency_key_reused");
    let _ = ada.get(&path_of(&file)).await.expect_problem(404, "not_found");
    // A message that exists shares nothing more.
    let _ = ours.post(&thread, &json!({ "body": "Hi", "externalId": "m1" })).await.expect(201);
    let mut repeated = reply.clone();
    repeated["externalId"] = json!("m1");
    let _ = ours.post(&thread, &repeated).await.expect(200);
    let _ = ada.get(&path_of(&file)).await.expect_problem(404, "not_found");
    let _ = ours.post(&thread, &reply).await.expect(201);
    let _ = ada.get(&path_of(&file)).await.expect(200);
}
