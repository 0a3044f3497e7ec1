//! Responses from a function to the gateway.

use std::io::Read;

use flate2::read::GzDecoder;
use http::Method;
use serde_json::Value;

use crate::gateway::{FunctionResponse, Gateway};

impl FunctionResponse {
    /// Asserts a compressed 200 response and returns its body.
    #[track_caller]
    pub fn expect_gzip(self) -> Value {
        assert_eq!(
            (self.answer.status.as_u16(), self.answer.header("content-encoding")),
            (200, Some("gzip")),
            "{self:?}"
        );
        assert!(self.base64, "compressed bodies are base64");
        let mut text = String::new();
        GzDecoder::new(&*self.answer.bytes).read_to_string(&mut text).expect("gzip");
        serde_json::from_str(&text).expect("JSON")
    }
}

#[tokio::test]
async fn compressed_response_is_base64_with_own_etag() {
    let gateway = Gateway::new().await;
    let description = gateway.recorded("describe").send().await.expect_gzip();
    let committed: Value = serde_json::from_str(include_str!("../../../infra/openapi.json")).expect("JSON");
    assert_eq!(description, committed);

    let id = gateway.conversation().await;
    let found = gateway.recorded_about("retrieve", &id).header("accept-encoding", "gzip, br").send().await;
    assert_eq!(found.answer.header("etag"), Some("\"1-gzip\""));
    let vary = "Accept-Encoding, Authorization, Origin, X-API-Key, X-Customer-Token";
    assert_eq!(found.answer.header("vary"), Some(vary));
    assert_eq!(found.expect_gzip()["conversation"]["id"], id);
}

#[tokio::test]
async fn uncompressed_response_is_text() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    let found = gateway.recorded_about("retrieve", &id).send().await;
    assert!(!found.base64);
    assert_eq!(found.answer.header("content-type"), Some("application/json"));
    assert_eq!(found.answer.header("etag"), Some("\"1\""));
    // Small responses are not compressed.
    let refused = gateway.recorded("unrouted").header("accept-encoding", "gzip").send().await;
    assert!(!refused.base64);
    let _ = refused.expect_problem(404, "not_found");
}

#[tokio::test]
async fn request_id_is_echoed_or_generated() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    let theirs = gateway.recorded_about("retrieve-from-browser", &id).send().await;
    assert_eq!(theirs.answer.header("x-request-id"), Some("browser-1"));
    let made = gateway.recorded("unrouted").header("x-request-id", "not an id").send().await;
    let header = made.answer.header("x-request-id").expect("an id").to_owned();
    assert_ne!(header, "not an id");
    assert_eq!(made.expect_problem(404, "not_found")["requestId"], header);
}

#[tokio::test]
async fn forwarded_preflight_needs_no_key() {
    let gateway = Gateway::new().await;
    let allowed = gateway.recorded("preflight").send().await;
    assert_eq!(allowed.answer.status, 200);
    assert_eq!(allowed.answer.header("access-control-allow-origin"), Some("*"));
    for (header, wanted) in [
        ("access-control-allow-methods", "PATCH"),
        ("access-control-allow-headers", "authorization"),
        ("access-control-allow-headers", "idempotency-key"),
    ] {
        let all = allowed.answer.header(header).unwrap_or_default();
        assert!(all.split(',').any(|one| one == wanted), "{header}: {all}");
    }
    assert_eq!(allowed.answer.header("access-control-allow-credentials"), None);
}

/// Payload format 2.0 keeps only the first of several headers with one name.
#[tokio::test]
async fn no_response_repeats_a_header() {
    let gateway = Gateway::new().await;
    let role = gateway.world.server_key();
    let path = role.open_path().await;
    for (method, path) in [
        (Method::GET, path.as_str()),
        (Method::OPTIONS, path.as_str()),
        (Method::PUT, path.as_str()),
        (Method::GET, "/api/v1/openapi.json"),
        (Method::GET, "/nowhere"),
    ] {
        let ask = role.ask(method, path).header("origin", "https://example.com").header("accept-encoding", "gzip");
        let answer = ask.skip_validation().send().await;
        for name in answer.headers.keys() {
            assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{path}: {name}");
        }
    }
}
