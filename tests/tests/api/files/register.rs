use deskless_tests::{Upload, World, download, minimal_conversation};
use http::Method;
use serde_json::json;

const FILES: &str = "/api/v1/files";

#[tokio::test]
async fn registering_before_upload_is_conflict() {
    let world = World::new().await;
    let signed = world.server_key().sign(&json!(null), "a", "image/png", 1).await.expect(201);
    let answer = world.server_key().post(FILES, &json!({ "fileId": signed["file"]["id"] })).await;
    let problem = answer.expect_problem(409, "conflict");
    assert!(problem["detail"].as_str().expect("text").starts_with("The file has not been uploaded."));
}

#[tokio::test]
async fn registering_again_returns_same_response() {
    let world = World::new().await;
    let ours = world.server_key();
    let file = ours.upload(&json!(null), "a.txt", "hello").await;
    let body = json!({ "fileId": file["id"] });
    assert_eq!(ours.post(FILES, &body).await.expect(200)["file"], file);
    for replayed in [false, true] {
        let answer = ours.ask(Method::POST, FILES).header("idempotency-key", "k").json(&body).send().await;
        assert_eq!(answer.header("idempotent-replayed").is_some(), replayed);
        assert_eq!(answer.expect(200)["file"], file);
    }
    assert_eq!(world.objects().len(), 1);
    world.assert_sound().await;
}

#[tokio::test]
async fn idempotency_key_registers_once() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let signed = ours.sign(&conversation["id"], "a", "text/plain", 1).await.expect(201);
    Upload::of(&signed["upload"], "x").expect_accepted().await;
    let body = json!({ "fileId": signed["file"]["id"] });
    for replayed in [false, true] {
        let answer = ours.ask(Method::POST, FILES).header("idempotency-key", "k").json(&body).send().await;
        assert_eq!(answer.header("idempotent-replayed").is_some(), replayed);
        assert_eq!(answer.expect(200)["file"]["status"], "ready");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn concurrent_registrations_get_same_response() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let signed = ours.sign(&conversation["id"], "a", "text/plain", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let body = json!({ "fileId": signed["file"]["id"] });
    let answers = futures_util::future::join_all((0..8).map(|_| ours.post(FILES, &body))).await;
    for answer in answers {
        assert_eq!(answer.expect(200)["file"]["status"], "ready");
    }
    assert_eq!(
        world.objects(),
        [format!("files/{}/{}", world.workspace, signed["file"]["id"].as_str().expect("an id"))]
    );
    world.assert_sound().await;
}

#[tokio::test]
async fn upload_signature_cannot_replace_registered_file() {
    let world = World::new().await;
    let ours = world.server_key();
    let signed = ours.sign(&json!(null), "a", "text/plain", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let body = json!({ "fileId": signed["file"]["id"] });
    let _ = ours.post(FILES, &body).await.expect(200);
    Upload::of(&signed["upload"], "HELLO").expect_accepted().await;
    let _ = ours.post(FILES, &body).await.expect(200);
    let got = ours.get(&format!("{FILES}/{}", signed["file"]["id"].as_str().expect("an id"))).await.expect(200);
    let (_, _, bytes) = download(got["file"]["downloadUrl"].as_str().expect("an address")).await;
    assert_eq!(bytes, b"hello");
}

#[tokio::test]
async fn unsigned_object_is_not_registered() {
    let world = World::new().await;
    let ours = world.server_key();
    let signed = ours.sign(&json!(null), "a", "text/plain", 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let key = signed["upload"]["fields"]["key"].as_str().expect("a key");
    std::fs::write(world.bucket_folder().join(key), "hello, world").expect("an object is written");
    let answer = ours.post(FILES, &json!({ "fileId": signed["file"]["id"] })).await;
    let _ = answer.expect_problem(409, "conflict");
}

#[tokio::test]
async fn s3_outage_prevents_registration() {
    let world = World::new().await;
    let ours = world.server_key();
    let signed = ours.sign(&json!(null), "a", "text/plain", 1).await.expect(201);
    Upload::of(&signed["upload"], "x").expect_accepted().await;
    world.stop_s3().await;
    let answer = ours.post(FILES, &json!({ "fileId": signed["file"]["id"] })).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    let problem = answer.expect_problem(503, "unavailable");
    assert!(!problem.to_string().contains("S3"), "{problem}");
    let path = format!("{FILES}/{}", signed["file"]["id"].as_str().expect("an id"));
    assert_eq!(ours.get(&path).await.expect(200)["file"]["status"], "pending");
    world.assert_sound().await;
}

#[tokio::test]
async fn only_own_file_can_be_registered() {
    let world = World::new().await;
    let signed = world.server_key().sign(&json!(null), "a", "text/plain", 1).await.expect(201);
    Upload::of(&signed["upload"], "x").expect_accepted().await;
    let other = world.other_workspace();
    let _ = other.post(FILES, &json!({ "fileId": signed["file"]["id"] })).await.expect_invalid(&["fileId"]);
    let _ = other.post(FILES, &json!({ "fileId": "x" })).await.expect_invalid(&["fileId"]);
    let _ = other.post(FILES, &json!({})).await.expect_invalid(&["fileId"]);
}
