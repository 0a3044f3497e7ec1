use deskless_domain::Timestamp;
use deskless_tests::{TestClock, Upload, World, download};
use serde_json::{Value, json};

async fn signed(world: &World) -> Value {
    world.server_key().sign(&json!(null), "a.png", "image/png", 5).await.expect(201)["upload"].clone()
}

#[tokio::test]
async fn s3_accepts_only_the_signed_upload() {
    let world = World::new().await;
    let upload = signed(&world).await;
    let good = || Upload::of(&upload, "hello");
    let another_key = format!("files/{}/x", world.workspace);
    for (bad, status, code) in [
        (Upload::of(&upload, "hello!"), 400, "EntityTooLarge"),
        (Upload::of(&upload, "hell"), 400, "EntityTooSmall"),
        (Upload::of(&upload, vec![0; 26_214_401]), 400, "EntityTooLarge"),
        (good().with("Content-Type", "text/html"), 400, "InvalidPolicyDocument"),
        (good().without("Content-Type"), 400, "InvalidPolicyDocument"),
        (good().with("key", &another_key), 400, "InvalidPolicyDocument"),
        (good().with("x-amz-security-token", "another"), 400, "InvalidPolicyDocument"),
        (good().without("x-amz-security-token"), 400, "InvalidPolicyDocument"),
        (good().with("acl", "public-read"), 403, "AccessDenied"),
        (good().with("x-amz-date", "20260101T000000Z"), 400, "InvalidPolicyDocument"),
        (good().with("x-amz-signature", &"0".repeat(64)), 403, "SignatureDoesNotMatch"),
        (good().without("x-amz-signature"), 403, "AccessDenied"),
    ] {
        bad.expect_refused(status, code).await;
    }
    assert!(world.objects().is_empty());
    good().expect_accepted().await;
}

#[tokio::test]
async fn changed_policy_is_refused() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let world = World::new().await;
    let upload = signed(&world).await;
    let policy = STANDARD.decode(upload["fields"]["policy"].as_str().expect("a policy")).expect("base64");
    let mut policy: Value = serde_json::from_slice(&policy).expect("JSON");
    policy["conditions"][1] = json!(["content-length-range", 0, 1_000_000]);
    let forged = Upload::of(&upload, "hello!").with("policy", &STANDARD.encode(policy.to_string()));
    forged.expect_refused(403, "SignatureDoesNotMatch").await;
    assert!(world.objects().is_empty());
}

#[tokio::test]
async fn upload_signature_expires_after_5_minutes() {
    let world = World::new().await;
    let file = world.server_key().upload(&json!(null), "a.txt", "hello").await;
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    for (minutes, in_time) in [(4, true), (6, false)] {
        let past = TestClock::new(5);
        past.set(Timestamp::from_millis(now().as_millis() - minutes * 60 * 1000));
        let machine = world.machine_with_signing_clock(past);
        let late = world.server_key().at(&machine);
        let upload = late.sign(&json!(null), "a.png", "image/png", 5).await.expect(201)["upload"].clone();
        let got = late.get(&path).await.expect(200);
        let (status, _, _) = download(got["file"]["downloadUrl"].as_str().expect("an address")).await;
        let upload = Upload::of(&upload, "hello");
        if in_time {
            upload.expect_accepted().await;
            assert_eq!(status, 200);
        } else {
            upload.expect_refused(403, "AccessDenied").await;
            assert_eq!(status, 403);
        }
    }
}

/// Returns the system time, which the local S3 uses.
fn now() -> Timestamp {
    use deskless_domain::Clock;
    deskless_runtime::SystemClock.now()
}

#[tokio::test]
async fn download_parameters_cannot_be_changed() {
    let world = World::new().await;
    let ours = world.server_key();
    let [one, two] = ["one", "two"].map(|text| ours.upload(&json!(null), "a.txt", text));
    let (one, two) = (one.await, two.await);
    let [one_id, two_id] = [&one, &two].map(|file| file["id"].as_str().expect("an id"));
    let got = ours.get(&format!("/api/v1/files/{one_id}")).await.expect(200);
    let url = got["file"]["downloadUrl"].as_str().expect("an address").to_owned();
    let without_token: String =
        url.split('&').filter(|pair| !pair.starts_with("X-Amz-Security-Token")).collect::<Vec<_>>().join("&");
    for (other, wanted) in [
        (url.clone(), 200),
        (url.replace(one_id, two_id), 403),
        (url.replace("attachment", "inline"), 403),
        (url.replace("X-Amz-Expires=300", "X-Amz-Expires=86400"), 403),
        (without_token, 403),
        (url.split('?').next().expect("a path").to_owned(), 403),
    ] {
        let (status, _, _) = download(&other).await;
        assert_eq!(status, wanted, "{other}");
    }
}
