use deskless_tests::{Delivery, Row, Upload, World, download, minimal_conversation, packed};
use http::Method;
use serde_json::{Value, json};

fn path_of(file: &Value) -> String {
    format!("/api/v1/files/{}", file["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn delete_hides_file_and_removes_object_later() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    for conversation in [json!(null), conversation["id"].clone()] {
        let file = ours.upload(&conversation, "a.txt", "hello").await;
        let path = path_of(&file);
        let got = ours.get(&path).await.expect(200);
        let answer = ours.ask(Method::DELETE, &path).send().await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
        let _ = ours.get(&path).await.expect_problem(404, "not_found");
        let _ = ours.ask(Method::DELETE, &path).send().await.expect_problem(404, "not_found");
        let again = ours.post("/api/v1/files", &json!({ "fileId": file["id"] })).await;
        let _ = again.expect_invalid(&["fileId"]);
        world.assert_sound().await;
        let _ = world.drain_events().await;
        assert!(world.objects().is_empty());
        let (status, _, _) = download(got["file"]["downloadUrl"].as_str().expect("an address")).await;
        assert_eq!(status, 404);
        assert!(!world.rows().await.iter().any(|row| row.pk().contains("#F#") || row.sk().starts_with("F#")));
        world.assert_settled().await;
    }
}

#[tokio::test]
async fn unregistered_file_can_be_deleted() {
    let world = World::new().await;
    let ours = world.server_key();
    let signed = ours.sign(&json!(null), "a", "text/plain", 1).await.expect(201);
    Upload::of(&signed["upload"], "x").expect_accepted().await;
    let _ = ours.ask(Method::DELETE, &path_of(&signed["file"])).send().await.expect(204);
    let _ = world.drain_events().await;
    assert!(world.objects().is_empty());
    world.assert_settled().await;
}

#[tokio::test]
async fn file_honours_if_match_and_if_none_match() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = path_of(&ours.upload(&json!(null), "a.txt", "hello").await);
    let old = ours.ask(Method::DELETE, &path).header("if-match", "\"1\"").send().await;
    let _ = old.expect_problem(412, "version_mismatch");
    let known = ours.ask(Method::GET, &path).header("if-none-match", "\"2\"").send().await;
    assert_eq!(known.status.as_u16(), 304);
    let _ = ours.ask(Method::GET, &path).header("if-none-match", "\"1\"").send().await.expect(200);
    let _ = ours.ask(Method::DELETE, &path).header("if-match", "\"2\"").send().await.expect(204);
}

#[tokio::test]
async fn foreign_file_is_not_found() {
    let world = World::new().await;
    let path = path_of(&world.server_key().upload(&json!(null), "a.txt", "hello").await);
    let _ = world.other_workspace().get(&path).await.expect_problem(404, "not_found");
    let _ = world.other_workspace().ask(Method::DELETE, &path).send().await.expect_problem(404, "not_found");
    let _ = world.server_key().get("/api/v1/files/x").await.expect_problem(404, "not_found");
    let _ = world.server_key().get(&path).await.expect(200);
}

#[tokio::test]
async fn deleting_conversation_deletes_its_files() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("an id"));
    let ready = ours.upload(&conversation["id"], "a.txt", "hello").await;
    let pending = ours.sign(&conversation["id"], "b.txt", "text/plain", 1).await.expect(201);
    Upload::of(&pending["upload"], "x").expect_accepted().await;
    let kept = ours.upload(&json!(null), "c.txt", "hello").await;
    let body = json!({ "body": "Look", "attachments": [{ "fileId": ready["id"] }, { "fileId": kept["id"] }] });
    let _ = ours.post(&format!("{path}/messages"), &body).await.expect(201);
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    for file in [&ready, &pending["file"]] {
        let _ = ours.get(&path_of(file)).await.expect_problem(404, "not_found");
        let again = ours.post("/api/v1/files", &json!({ "fileId": file["id"] })).await;
        let _ = again.expect_invalid(&["fileId"]);
    }
    let late = ours.sign(&conversation["id"], "d.txt", "text/plain", 1).await;
    let _ = late.expect_invalid(&["conversationId"]);
    let _ = world.drain_events_as(Delivery { duplicated_percent: 50, ..Delivery::default() }).await;
    let left = world.objects();
    assert_eq!(left.iter().filter(|key| key.starts_with("files/")).count(), 1, "{left:?}");
    let _ = ours.get(&path_of(&kept)).await.expect(200);
    world.assert_settled().await;
}

/// Returns a file whose registration was interrupted after the copy. Its claim lasts `claimed_for` milliseconds from
/// signing.
async fn half_registered(world: &World, conversation: &Value, claimed_for: i64) -> Value {
    let ours = world.server_key();
    let signed = ours.sign(conversation, "a.txt", "text/plain", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let id = signed["file"]["id"].as_str().expect("an id");
    let mut row = world.row(&world.pk("F", id), "A").await.expect("the file");
    let until =
        deskless_domain::Timestamp::parse(signed["file"]["createdAt"].as_str().expect("a time")).expect("a time");
    row.set("claimedUntil", json!({ "N": (until.as_millis() + claimed_for).to_string() }));
    row.set("claimedEtag", json!({ "S": "\"5d41402abc4b2a76b9719d911017c592\"" }));
    row.set("expiresAt", Value::Null);
    world.put(&row).await;
    if let Some(owner) = conversation.as_str() {
        let pk = world.pk("C", owner);
        let marker = json!({ "pk": { "S": pk }, "sk": { "S": format!("F#{}", packed(id)) }, "f": { "N": "2" } });
        world.put(&Row(marker)).await;
    }
    let folder = world.bucket_folder();
    let [from, to] = ["pending", "files"].map(|prefix| folder.join(format!("{prefix}/{}/{id}", world.workspace)));
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder is made");
    std::fs::copy(from, to).expect("an object is copied");
    signed["file"].clone()
}

#[tokio::test]
async fn interrupted_registration_can_be_retried() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    for conversation in [json!(null), conversation["id"].clone()] {
        let file = half_registered(&world, &conversation, 30_000).await;
        world.assert_sound().await;
        let again = ours.post("/api/v1/files", &json!({ "fileId": file["id"] })).await.expect(200);
        assert_eq!(again["file"]["status"], "ready");
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn replaced_object_registers_only_after_claim_expires() {
    let world = World::new().await;
    let ours = world.server_key();
    let file = half_registered(&world, &json!(null), 30_000).await;
    let pk = world.pk("F", file["id"].as_str().expect("an id"));
    let mut row = world.row(&pk, "A").await.expect("the file");
    row.set("claimedEtag", json!({ "S": "\"another\"" }));
    world.put(&row).await;
    let register = json!({ "fileId": file["id"] });
    let _ = ours.post("/api/v1/files", &register).await.expect_problem(503, "unavailable");
    world.clock.advance_millis(30_000);
    let _ = ours.post("/api/v1/files", &register).await.expect(200);
    world.assert_sound().await;
}

#[tokio::test]
async fn interrupted_registration_is_cleaned_up() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let path = format!("/api/v1/conversations/{}", conversation["id"].as_str().expect("an id"));
    let _ = half_registered(&world, &conversation["id"], 4_500).await;
    let alone = half_registered(&world, &json!(null), 4_500).await;
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    let _ = ours.ask(Method::DELETE, &path_of(&alone)).send().await.expect(204);
    // No worker waits for the claim. The items expire after it, because the registration may still copy an object.
    let _ = world.drain_events().await;
    assert!(world.objects().is_empty());
    world.assert_settled().await;
    let rows = world.rows().await;
    let left: Vec<_> = rows.iter().filter(|row| row.pk().contains("#F#")).collect();
    assert_eq!(left.len(), 2);
    for row in left {
        let id = row.pk().rsplit('#').next().and_then(deskless_tests::unpacked).expect("an id");
        let late = world.bucket_folder().join(format!("files/{}/{id}", world.workspace));
        std::fs::write(late, "a late copy").expect("an object is written");
        world.expire(row).await;
    }
    assert_eq!(world.objects().len(), 2);
    let _ = world.drain_events().await;
    assert!(world.objects().is_empty());
    world.assert_settled().await;
}
