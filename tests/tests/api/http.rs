//! HTTP itself: content negotiation, conditional requests, and what responses say to caches (RFC 9110, RFC 9111).

use std::io::Read;

use deskless_tests::{PreparedRequest, Role, TestResponse, World, minimal_conversation};
use flate2::read::GzDecoder;
use http::Method;
use serde_json::{Value, json};

const CONVERSATIONS: &str = "/api/v1/conversations";

fn with<'w>(mut request: PreparedRequest<'w>, headers: &[(&'static str, &str)]) -> PreparedRequest<'w> {
    for (name, value) in headers {
        request = request.append_header(name, value);
    }
    request.skip_validation()
}

async fn count(world: &World) -> usize {
    let list = world.server_key().get(CONVERSATIONS).await.expect(200);
    list["conversations"].as_array().expect("a list").len()
}

/// Once a write is committed, no header may turn its answer into an error.
#[tokio::test]
async fn unacceptable_encoding_gets_uncompressed_response() {
    let world = World::new().await;
    let role = world.server_key();
    let encodings = [
        "identity;q=0",
        "*;q=0",
        "identity;q=0, gzip;q=0",
        "br",
        "gzip;q=x",
        "identity;q=0, br;q=1",
        "\u{e4}",
        ",",
        "",
    ];
    for (index, encoding) in encodings.into_iter().enumerate() {
        let accept =
            [("accept-encoding", encoding), ("accept", "text/html;q=1, */*;q=0"), ("accept-charset", "utf-16")];
        let made = with(role.ask(Method::POST, CONVERSATIONS).json(&minimal_conversation()), &accept).send().await;
        assert_eq!(made.header("content-encoding"), None, "{encoding}");
        assert_eq!(made.header("content-type"), Some("application/json"), "{encoding}");
        let _ = made.expect(201);
        assert_eq!(count(&world).await, index + 1, "{encoding}");
    }
}

fn unpacked(answer: &TestResponse) -> Value {
    let mut text = String::new();
    GzDecoder::new(&*answer.bytes).read_to_string(&mut text).expect("gzip");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn accepted_gzip_is_used() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let plain = world.server_key().get(&path).await.expect(200);
    for encoding in ["gzip", "identity;q=0.5, gzip", "*", "identity;q=0, gzip;q=0.1"] {
        let accept = [("accept-encoding", encoding)];
        let get = with(world.server_key().ask(Method::GET, &path), &accept).send().await;
        assert_eq!(get.header("content-encoding"), Some("gzip"), "{encoding}");
        assert_eq!(get.header("content-length"), Some(get.bytes.len().to_string().as_str()));
        assert_eq!(unpacked(&get), plain);
        let head = with(world.server_key().ask(Method::HEAD, &path), &accept).send().await;
        assert!(head.bytes.is_empty());
        for name in ["content-length", "content-encoding", "content-type", "etag", "vary", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{encoding}: {name}");
        }
    }
}

async fn get(role: &Role<'_>, path: &str, headers: &[(&'static str, &str)]) -> TestResponse {
    with(role.ask(Method::GET, path), headers).send().await
}

/// RFC 9110, section 15.4.5.
#[tokio::test]
async fn not_modified_has_headers_of_200() {
    let world = World::new().await;
    let (role, anyone) = (world.server_key(), world.anon());
    let customer = json!({ "id": "cus_http", "name": "A".repeat(100), "email": "a@example.com" });
    let _ = role.post("/api/v1/customers", &customer).await.expect(201);
    let conversation = role.open_path().await;
    let paths = [conversation.as_str(), "/api/v1/customers/cus_http", "/api/v1/openapi.json"];
    for (path, encoding) in paths.into_iter().flat_map(|path| ["identity", "gzip"].map(|encoding| (path, encoding))) {
        let role = if path.ends_with("json") { &anyone } else { &role };
        let accept = ("accept-encoding", encoding);
        let found = get(role, path, &[accept]).await;
        assert_eq!(found.status, 200);
        let tag = found.header("etag").expect("a tag");
        assert_eq!(tag.ends_with("-gzip\""), found.header("content-encoding").is_some(), "{path}");
        for held in [tag, &format!("W/{tag}"), "*", &format!("\"other\",,{tag},")] {
            let unchanged = get(role, path, &[accept, ("if-none-match", held)]).await;
            assert_eq!(unchanged.status, 304, "{path}: {held}");
            for name in ["etag", "vary", "cache-control", "content-location", "access-control-allow-origin"] {
                assert_eq!(unchanged.header(name), found.header(name), "{path}: {held}: {name}");
            }
            for name in ["content-type", "content-length", "content-encoding"] {
                assert_eq!(unchanged.header(name), None, "{path}: {name}");
            }
            assert!(unchanged.bytes.is_empty());
        }
        let several = [accept, ("if-none-match", "\"x\""), ("if-none-match", tag)];
        assert_eq!(get(role, path, &several).await.status, 304);
        assert_eq!(get(role, path, &[accept, ("if-none-match", "\"x\"")]).await.status, 200);
    }
}

#[tokio::test]
async fn deletion_has_no_length() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let deleted = with(world.server_key().ask(Method::DELETE, &path), &[("accept-encoding", "gzip")]).send().await;
    assert_eq!((deleted.status.as_u16(), deleted.header("content-length")), (204, None));
}

#[tokio::test]
async fn if_match_follows_rfc_9110() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let update = async |tags: &[&str]| {
        let ask = world.server_key().ask(Method::PATCH, &path).json(&json!({ "priority": "high" }));
        let headers: Vec<_> = tags.iter().map(|tag| ("if-match", *tag)).collect();
        with(ask, &headers).send().await.status.as_u16()
    };
    for wrong in ["\"01\"", "\"+1\"", "W/\"1\"", "\"1\u{e4}\"", "\"1,\"", "\"1-gzip-gzip\"", "W/\"1-gzip\""] {
        assert_eq!(update(&[wrong]).await, 412, "{wrong}");
    }
    for malformed in ["1", "\"1", "\"1\" \"2\"", "*, \"1\"", ",", "\"a b\"", "w/\"1\""] {
        assert_eq!(update(&[malformed]).await, 400, "{malformed}");
    }
    assert_eq!(update(&["*", "\"1\""]).await, 400);
    assert_eq!(update(&["\"1-gzip\""]).await, 200);
    assert_eq!(update(&["\"9\",,\"2\""]).await, 200);
    assert_eq!(update(&["\"9\"", ", \"3\" ,"]).await, 200);
    assert_eq!(update(&["\"a,b\",\"4\""]).await, 200);
}

#[tokio::test]
async fn other_media_types_are_415_with_the_accepted_ones() {
    let world = World::new().await;
    let role = world.server_key();
    let path = role.open_path().await;
    let send_as = |content_type: &str| role.ask(Method::PATCH, &path).body(content_type, r#"{"priority":"high"}"#);
    let merged = send_as("application/merge-patch+json").send().await.expect(200);
    assert_eq!(merged["conversation"]["priority"], "high");
    for content_type in
        ["application/json-patch+json", "application/vnd.api+json", "text/plain", "application/json;charset=utf-16"]
    {
        let refused = send_as(content_type).send().await;
        assert_eq!(refused.header("accept-patch"), Some("application/merge-patch+json, application/json"));
        assert_eq!(refused.header("accept-post"), None);
        let _ = refused.expect_problem(415, "unsupported_media_type");
    }
    let post = |content_type: &str| {
        role.ask(Method::POST, CONVERSATIONS).body(content_type, minimal_conversation().to_string())
    };
    for content_type in ["application/merge-patch+json", "application/x-www-form-urlencoded", "application/jsonp"] {
        let refused = post(content_type).send().await;
        assert_eq!(refused.header("accept-post"), Some("application/json"));
        let _ = refused.expect_problem(415, "unsupported_media_type");
    }
    let compressed = post("application/json").header("content-encoding", "gzip").send().await;
    assert_eq!(compressed.header("accept-encoding"), Some("identity"));
    let _ = compressed.expect_problem(415, "unsupported_media_type");
    let _ = post("application/json; charset=\"UTF-8\"").header("content-encoding", "identity").send().await.expect(201);
}

/// `Role` checks these headers of every response in all tests. This test shows that each kind of response has them.
#[tokio::test]
async fn responses_with_secrets_are_not_stored() {
    let world = World::new().await;
    let role = world.server_key();
    let control = |answer: &TestResponse| answer.header("cache-control").map(ToOwned::to_owned);
    let path = role.open_path().await;
    let hook = json!({
        "name": "a",
        "trigger": "conversation.created",
        "actions": [{ "action": "call_webhook", "url": "https://hooks.example.com/" }],
    });
    for (path, body) in [
        ("/api/v1/api-keys", json!({ "name": "a", "scopes": ["read:conversations"] })),
        ("/api/v1/automations", hook),
        (
            "/api/v1/files/sign",
            json!({ "fileName": "a", "contentType": "text/plain", "size": 1, "conversationId": null }),
        ),
    ] {
        let made = role.post(path, &body).await;
        assert_eq!(control(&made).as_deref(), Some("no-store"), "{path}");
        let _ = made.expect(201);
    }
    let opened = world.client_key().ask(Method::POST, CONVERSATIONS).json(&json!({ "subject": "a" })).send().await;
    assert_eq!(control(&opened).as_deref(), Some("no-store"));
    let _ = opened.expect(201);

    let malformed = json!({ "subject": 1 });
    for answer in [
        role.get(&path).await,
        role.get(CONVERSATIONS).await,
        role.get("/api/v1/conversations/x").await,
        role.post(CONVERSATIONS, &malformed).await,
        world.anon().get(CONVERSATIONS).await,
        role.ask(Method::PUT, &path).skip_validation().send().await,
        role.ask(Method::DELETE, &path).send().await,
        role.ask(Method::GET, "/nowhere").skip_validation().send().await,
    ] {
        assert_eq!(control(&answer).as_deref(), Some("private, no-cache"), "{}", answer.status);
    }
    let public = world.anon().get("/api/v1/openapi.json").await;
    assert_eq!(control(&public).as_deref(), Some("public, max-age=300"));
}

/// RFC 6797, section 7.2.
#[tokio::test]
async fn https_is_required_only_over_https() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    for (protocol, expected) in [("https", Some("max-age=31536000")), ("http", None)] {
        let answer = get(&world.server_key(), &path, &[("x-forwarded-proto", protocol)]).await;
        assert_eq!(answer.header("strict-transport-security"), expected);
    }
    assert_eq!(world.server_key().get(&path).await.header("strict-transport-security"), None);
}
