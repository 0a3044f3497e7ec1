//! Behaviour that all routes share.

use deskless_tests::{Specification, World, minimal_conversation};
use http::Method;
use std::io::Read;

const PATH: &str = "/api/v1/conversations";

#[tokio::test]
async fn request_id_is_echoed_or_generated() {
    let world = World::new().await;
    let ask = |id: &str| world.server_key().ask(Method::GET, PATH).header("x-request-id", id);
    for id in ["a", "My.request_id-7", &"x".repeat(64)] {
        assert_eq!(ask(id).send().await.header("x-request-id"), Some(id));
    }
    for bad in ["", "a b", "ü", "a/b", &"x".repeat(65)] {
        let answer = ask(bad).send().await;
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36), "{bad}");
    }
    let problem = world.anon().ask(Method::GET, PATH).header("x-request-id", "mine").send().await;
    assert_eq!(problem.header("x-request-id"), Some("mine"));
    assert_eq!(problem.json()["requestId"], "mine");
}

#[tokio::test]
async fn head_is_get_without_body() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    for path in [PATH, &path, &format!("{path}/messages"), "/api/v1/openapi.json"] {
        let get = world.server_key().ask(Method::GET, path).send_now().await;
        let head = world.server_key().ask(Method::HEAD, path).send_now().await;
        assert_eq!((head.status, head.bytes.len()), (get.status, 0));
        assert_eq!(head.header("etag"), get.header("etag"));
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    let absent = world.server_key().ask(Method::HEAD, "/api/v1/conversations/x").send().await;
    assert_eq!(absent.status.as_u16(), 404);
}

#[tokio::test]
async fn other_methods_are_405_with_allow_header() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    for (path, method, allowed) in [
        (PATH, Method::DELETE, "GET,HEAD,POST"),
        (PATH, Method::PATCH, "GET,HEAD,POST"),
        (&path, Method::PUT, "GET,HEAD,PATCH,DELETE"),
        (&format!("{path}/messages"), Method::DELETE, "GET,HEAD,POST"),
        ("/api/v1/openapi.json", Method::POST, "GET,HEAD"),
    ] {
        let answer = world.server_key().ask(method.clone(), path).send().await;
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        let _ = answer.expect_problem(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn unknown_routes_are_404() {
    let world = World::new().await;
    for path in [
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/conversations/",
        "/api/v2/conversations",
        "/favicon.ico",
        "/api/v1/Conversations",
    ] {
        let _ = world.anon().get(path).await.expect_problem(404, "not_found");
        let _ = world.server_key().post(path, &minimal_conversation()).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn responses_are_compressed_on_request() {
    let world = World::new().await;
    for _ in 0..5 {
        let _ = world.server_key().open(&minimal_conversation()).await;
    }
    let plain = world.server_key().get(PATH).await;
    assert_eq!(plain.header("content-encoding"), None);
    let ask = world.server_key().ask(Method::GET, PATH).header("accept-encoding", "br, gzip;q=0.8").skip_validation();
    let packed = ask.send().await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.header("vary").expect("vary").contains("Accept-Encoding"));
    assert!(packed.bytes.len() * 2 < plain.bytes.len());
    let mut unpacked = Vec::new();
    let _ = flate2::read::GzDecoder::new(packed.bytes.as_ref()).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain.bytes);
}

#[tokio::test]
async fn unknown_parameters_are_refused_everywhere() {
    let world = World::new().await;
    for (path, method) in Specification::committed().operations() {
        if path.contains("/openapi") {
            continue;
        }
        let id = "01900000-0000-7000-8000-000000000001";
        // Every path parameter is an ID.
        let path: String =
            path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/");
        let ask = world.server_key().ask(method, &format!("{path}?nonsense=1"));
        let _ = ask.json(&minimal_conversation()).send().await.expect_invalid(&["nonsense"]);
    }
}

#[tokio::test]
async fn preflight_needs_no_key() {
    let world = World::new().await;
    let preflight = world
        .anon()
        .ask(Method::OPTIONS, PATH)
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,idempotency-key")
        .skip_validation()
        .send()
        .await;
    assert!(preflight.status.is_success());
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("access-control-allow-credentials"), None);
    let allowed = preflight.header("access-control-allow-headers").expect("headers");
    assert!(allowed.contains("idempotency-key") && allowed.contains("authorization"));
    let actual = world.anon().ask(Method::GET, PATH).header("origin", "https://app.example.com").send().await;
    assert_eq!(actual.header("access-control-allow-origin"), Some("*"), "errors have CORS headers too");
    assert!(actual.header("access-control-expose-headers").expect("headers").contains("x-request-id"));
}

#[tokio::test]
async fn openapi_document_needs_no_key() {
    let world = World::new().await;
    let answer = world.anon().get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(&answer, Specification::committed().document());
    assert_eq!(answer["openapi"], "3.1.0");
}

#[tokio::test]
async fn internal_errors_leak_no_details() {
    let world = World::behind_proxy(deskless_tests::Faults::default()).await;
    let _ = world.server_key().get(PATH).await.expect(200);
    world.proxy().stop();
    let answer = world.server_key().get(PATH).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    let problem = answer.expect_problem(503, "unavailable");
    let text = problem.to_string().to_lowercase();
    for word in ["dynamo", "sdk", "127.0.0.1", "query", "dispatch", "table"] {
        assert!(!text.contains(word), "{text}");
    }
}
