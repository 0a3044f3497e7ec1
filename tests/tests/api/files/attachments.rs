use deskless_tests::{Role, Upload, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

fn thread_of(conversation: &Value) -> String {
    format!("/api/v1/conversations/{}/messages", conversation.as_str().expect("an id"))
}

fn attached(files: &[&Value]) -> Value {
    let ids: Vec<_> = files.iter().map(|file| json!({ "fileId": file["id"] })).collect();
    json!({ "body": "Look", "attachments": ids })
}

fn shown(file: &Value) -> Value {
    json!({
        "fileId": file["id"],
        "name": file["fileName"],
        "contentType": file["contentType"],
        "size": file["size"],
        "category": file["category"],
    })
}

async fn opened(role: &Role<'_>) -> Value {
    role.open(&minimal_conversation()).await["id"].clone()
}

#[tokio::test]
async fn attachments_are_shown_in_every_response() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = opened(&ours).await;
    let one = ours.upload(&conversation, "one.txt", "hello").await;
    let two = ours.upload(&json!(null), "two.txt", "world").await;
    let wanted = json!([shown(&one), shown(&two)]);
    let said = ours.post(&thread_of(&conversation), &attached(&[&one, &two])).await.expect(201);
    assert_eq!(said["message"]["attachments"], wanted);
    let thread = ours.get(&thread_of(&conversation)).await.expect(200);
    assert_eq!(thread["messages"][0]["attachments"], wanted);
    let path = format!("{}/{}", thread_of(&conversation), said["message"]["id"].as_str().expect("an id"));
    assert_eq!(ours.get(&path).await.expect(200)["message"]["attachments"], wanted);
    let secret = world.rotate_identity().await;
    let browser = world.client_key().on_behalf_of(&world.token(&secret, "cus_123"));
    let own = browser.get(&thread_of(&conversation)).await.expect(200);
    assert_eq!(own["messages"][0]["attachments"], wanted);

    // Attachments stay on the message after the file is deleted.
    for file in [&one, &two] {
        let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
        let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    }
    let _ = world.drain_events().await;
    assert_eq!(ours.get(&path).await.expect(200)["message"]["attachments"], wanted);
    let _ = ours.post(&thread_of(&conversation), &attached(&[&one])).await.expect_invalid(&["attachments[0].fileId"]);
    world.assert_settled().await;
}

#[tokio::test]
async fn only_existing_own_files_can_be_attached() {
    let world = World::new().await;
    let ours = world.server_key();
    let (here, there) = (opened(&ours).await, opened(&ours).await);
    let good = ours.upload(&here, "a.txt", "hello").await;
    let elsewhere = ours.upload(&there, "a.txt", "hello").await;
    let pending = ours.sign(&here, "a.txt", "text/plain", 1).await.expect(201)["file"].clone();
    let foreign = world.other_workspace().upload(&json!(null), "a.txt", "hello").await;
    let unknown = json!({ "id": "01900000-0000-7000-8000-000000000001" });
    let refused = attached(&[&elsewhere, &good, &pending, &foreign, &unknown]);
    let fields = [0, 2, 3, 4].map(|i| format!("attachments[{i}].fileId"));
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    let problem = ours.post(&thread_of(&here), &refused).await.expect_invalid(&fields);
    let told: Vec<_> = problem["errors"].as_array().expect("errors").iter().map(|e| &e["code"]).collect();
    assert_eq!(told, [&json!("not_found"); 4]);
    let _ = ours.post(&thread_of(&here), &attached(&[&good, &good])).await.expect_invalid(&["attachments"]);
    for (attachments, field) in [
        (json!([{ "fileId": "x" }]), "attachments[0].fileId"),
        (json!([{}]), "attachments[0].fileId"),
        (json!([{ "fileId": good["id"], "name": "b" }]), "attachments[0].name"),
        (json!({}), "attachments"),
        (json!(vec![json!({ "fileId": good["id"] }); 11]), "attachments"),
    ] {
        let body = json!({ "body": "Look", "attachments": attachments });
        let _ = ours.post(&thread_of(&here), &body).await.expect_invalid(&[field]);
    }
    let _ = ours.post(&thread_of(&here), &json!({ "body": "a", "attachments": [] })).await.expect(201);
}

#[tokio::test]
async fn message_holds_at_most_ten_files() {
    let world = World::new().await;
    let ours = world.server_key();
    let here = opened(&ours).await;
    let mut files = Vec::new();
    for i in 0..10 {
        files.push(ours.upload(&here, &format!("{i}.txt"), "hello").await);
    }
    let said = ours.post(&thread_of(&here), &attached(&files.iter().collect::<Vec<_>>())).await.expect(201);
    assert_eq!(said["message"]["attachments"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn first_message_accepts_workspace_files() {
    let world = World::new().await;
    let ours = world.server_key();
    let brochure = ours.upload(&json!(null), "a.txt", "hello").await;
    let mut body = minimal_conversation();
    body["message"] = attached(&[&brochure]);
    let conversation = ours.open(&body).await;
    let thread = ours.get(&thread_of(&conversation["id"])).await.expect(200);
    assert_eq!(thread["messages"][0]["attachments"], json!([shown(&brochure)]));
    let elsewhere = ours.upload(&conversation["id"], "b.txt", "hello").await;
    body["message"] = attached(&[&brochure, &elsewhere]);
    let answer = ours.post("/api/v1/conversations", &body).await;
    let _ = answer.expect_invalid(&["message.attachments[1].fileId"]);
}

#[tokio::test]
async fn customers_attach_files_of_their_conversation_only() {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    let ada = world.client_key().on_behalf_of(&world.token(&secret, "cus_ada"));
    let eve = world.client_key().on_behalf_of(&world.token(&secret, "cus_eve"));
    let open = async |role: &Role<'_>| {
        let opened = role.post("/api/v1/conversations", &json!({ "subject": "Hi" })).await.expect(201);
        opened["conversation"]["id"].clone()
    };
    let (here, there) = (open(&ada).await, open(&eve).await);
    let own = ada.upload(&here, "a.txt", "hello").await;
    let theirs = eve.upload(&there, "a.txt", "hello").await;
    let brochure = world.server_key().upload(&json!(null), "a.txt", "hello").await;
    let said = ada.post(&thread_of(&here), &attached(&[&own])).await.expect(201);
    assert_eq!(said["message"]["attachments"], json!([shown(&own)]));
    let refused = ada.post(&thread_of(&here), &attached(&[&own, &theirs, &brochure])).await;
    let _ = refused.expect_invalid(&["attachments[1].fileId", "attachments[2].fileId"]);
    let _ = eve.post(&thread_of(&here), &attached(&[&own])).await.expect_problem(404, "not_found");
    let body = json!({ "subject": "Hi", "message": attached(&[&own]) });
    let refused = ada.post("/api/v1/conversations", &body).await;
    let _ = refused.expect_invalid(&["message.attachments[0].fileId"]);
}

#[tokio::test]
async fn retry_succeeds_after_file_was_deleted() {
    let world = World::new().await;
    let ours = world.server_key();
    let here = opened(&ours).await;
    let file = ours.upload(&here, "a.txt", "hello").await;
    let body = attached(&[&file]);
    let send =
        async || ours.ask(Method::POST, &thread_of(&here)).header("idempotency-key", "k").json(&body).send().await;
    let first = send().await.expect(201);
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    let again = send().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
}

#[tokio::test]
async fn later_upload_does_not_change_message() {
    let world = World::new().await;
    let ours = world.server_key();
    let here = opened(&ours).await;
    let signed = ours.sign(&here, "a.txt", "text/plain", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let refused = ours.post(&thread_of(&here), &attached(&[&signed["file"]])).await;
    let _ = refused.expect_invalid(&["attachments[0].fileId"]);
    let file = ours.post("/api/v1/files", &json!({ "fileId": signed["file"]["id"] })).await.expect(200)["file"].clone();
    let _ = ours.post(&thread_of(&here), &attached(&[&file])).await.expect(201);
    world.assert_sound().await;
}
