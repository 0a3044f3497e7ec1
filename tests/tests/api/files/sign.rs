use deskless_tests::{Upload, World, download, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const SIGN: &str = "/api/v1/files/sign";

#[tokio::test]
async fn file_is_signed_uploaded_registered_and_downloaded() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let signed = ours.sign(&conversation["id"], "Rechnung \"März\".txt", "text/plain", 5).await;
    assert_eq!(signed.header("etag"), Some("\"1\""));
    let location = signed.header("location").expect("a location").to_owned();
    let signed = signed.expect(201);
    let id = signed["file"]["id"].as_str().expect("an id");
    assert_eq!(location, format!("/api/v1/files/{id}"));
    let mut file = json!({
        "object": "file",
        "id": id,
        "conversationId": conversation["id"],
        "fileName": "Rechnung \"März\".txt",
        "contentType": "text/plain",
        "size": 5,
        "category": "file",
        "status": "pending",
        "downloadUrl": null,
        "downloadUrlExpiresAt": null,
        "createdAt": world_time(&signed),
    });
    assert_eq!(signed["file"], file);
    assert_eq!(signed["upload"]["method"], "POST");
    assert_eq!(signed["upload"]["fields"]["key"], format!("pending/{}/{id}", world.workspace));
    assert_eq!(signed["upload"]["fields"]["x-amz-security-token"], "local");
    assert_eq!(ours.get(&location).await.expect(200)["file"], file);

    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    assert_eq!(world.objects(), [format!("pending/{}/{id}", world.workspace)]);
    let registered = ours.post("/api/v1/files", &json!({ "fileId": id })).await;
    assert_eq!(registered.header("etag"), Some("\"2\""));
    file["status"] = json!("ready");
    assert_eq!(registered.expect(200)["file"], file);
    assert_eq!(world.objects(), [format!("files/{}/{id}", world.workspace)]);

    let got = ours.get(&location).await;
    assert_eq!(got.header("etag"), Some("\"2\""));
    assert_eq!(got.header("cache-control"), Some("no-store"));
    let got = got.expect(200)["file"].clone();
    assert!(got["downloadUrlExpiresAt"].is_string());
    let (status, headers, bytes) = download(got["downloadUrl"].as_str().expect("an address")).await;
    assert_eq!((status, bytes.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(headers["content-type"], "text/plain");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"Rechnung _M_rz_.txt\"; filename*=UTF-8''Rechnung%20%22M%C3%A4rz%22.txt"
    );
    world.assert_sound().await;
}

fn world_time(signed: &Value) -> Value {
    let time = signed["file"]["createdAt"].as_str().expect("a time");
    assert!(time.starts_with("2026-06-28T18:"), "{time}");
    json!(time)
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let ours = world.server_key();
    let answer = ours.post(SIGN, &json!({})).await;
    let _ = answer.expect_invalid(&["fileName", "contentType", "size", "conversationId"]);
    let good = json!({ "fileName": "a", "contentType": "image/png", "size": 1, "conversationId": null });
    for (field, values) in [
        ("fileName", vec![json!(""), json!(" "), json!("a\nb"), json!("a".repeat(256)), json!(1), json!(null)]),
        ("contentType", vec![json!("png"), json!("image/png\r\nx: y"), json!(format!("a/{}", "b".repeat(254)))]),
        ("size", vec![json!(0), json!(-1), json!(1.5), json!(26_214_401), json!("1")]),
        ("conversationId", vec![json!("x"), json!("01900000-0000-7000-8000-000000000001")]),
        ("acl", vec![json!("public-read")]),
    ] {
        for value in values {
            let mut body = good.clone();
            body[field] = value;
            let _ = ours.post(SIGN, &body).await.expect_invalid(&[field]);
        }
    }
    for (field, value) in [
        ("fileName", json!("ü".repeat(255))),
        ("fileName", json!("../../etc/passwd")),
        ("size", json!(26_214_400)),
        ("size", json!(7.0)),
        ("contentType", json!("text/plain; charset=utf-8")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let signed = ours.post(SIGN, &body).await.expect(201);
        assert_eq!(
            signed["file"][field].as_f64().map_or(signed["file"][field].clone(), |n| json!(n)),
            match value {
                Value::Number(n) => json!(n.as_f64()),
                other => other,
            }
        );
    }
}

#[tokio::test]
async fn foreign_conversation_is_not_found() {
    let world = World::new().await;
    let conversation = world.server_key().open(&minimal_conversation()).await;
    let answer = world.other_workspace().sign(&conversation["id"], "a", "image/png", 1).await;
    let _ = answer.expect_invalid(&["conversationId"]);
}

#[tokio::test]
async fn retry_signs_same_file_again_while_pending() {
    let world = World::new().await;
    let ours = world.server_key();
    let body = json!({ "fileName": "a.txt", "contentType": "text/plain", "size": 5, "conversationId": null });
    let sign = async || {
        let answer = ours.ask(Method::POST, SIGN).header("idempotency-key", "k").json(&body).send().await;
        let replayed = answer.header("idempotent-replayed").is_some();
        (replayed, answer.expect(201))
    };
    let (replayed, first) = sign().await;
    assert!(!replayed);
    let (replayed, again) = sign().await;
    assert!(replayed);
    assert_eq!(first["file"], again["file"]);
    Upload::of(&again["upload"], "hello").expect_accepted().await;
    let rows = world.rows().await;
    let stored = rows.iter().filter(|row| row.pk().contains("#F#") || row.pk().contains("#I#"));
    let stored: Vec<_> = stored.map(|row| row.0.to_string()).collect();
    assert_eq!(stored.len(), 2);
    assert!(!stored.iter().any(|row| row.contains("signature")), "no signature is stored");
    let _ = ours.post("/api/v1/files", &json!({ "fileId": first["file"]["id"] })).await.expect(200);
    let (_, registered) = sign().await;
    assert_eq!(registered["file"], first["file"]);
    assert_eq!(registered["upload"], json!(null));
    let mut other = body.clone();
    other["size"] = json!(6);
    let ask = ours.ask(Method::POST, SIGN).header("idempotency-key", "k").json(&other);
    let _ = ask.send().await.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn unregistered_file_expires_after_24_hours() {
    let world = World::new().await;
    let ours = world.server_key();
    let signed = ours.sign(&json!(null), "a", "text/plain", 1).await.expect(201);
    Upload::of(&signed["upload"], "x").expect_accepted().await;
    let path = format!("/api/v1/files/{}", signed["file"]["id"].as_str().expect("an id"));
    world.clock.advance_millis(24 * 60 * 60 * 1000 - 3000);
    let _ = ours.get(&path).await.expect(200);
    world.clock.advance_millis(3000);
    let _ = ours.get(&path).await.expect_problem(404, "not_found");
    let _ = ours.ask(Method::DELETE, &path).send().await.expect_problem(404, "not_found");
    let answer = ours.post("/api/v1/files", &json!({ "fileId": signed["file"]["id"] })).await;
    let _ = answer.expect_invalid(&["fileId"]);
}
