//! The gateway decodes paths. `%3F` arrives as `?` and must not start a query.

use crate::gateway::Gateway;

const DECODED: [&str; 20] = [
    "a b",
    "a?b",
    "a#b",
    "a%b",
    "%41",
    "%",
    "a/b",
    "ä",
    "日本語",
    "🔑",
    "..",
    ".",
    "a\\b",
    "a\tb",
    "[1]",
    "{id}",
    "a;b",
    "'\"<>`^|",
    "\u{0}",
    "\u{fffd}",
];

#[tokio::test]
async fn malformed_id_is_404() {
    let gateway = Gateway::new().await;
    for id in DECODED {
        for (recorded, path) in [
            ("retrieve", format!("/api/v1/conversations/{id}")),
            ("list-messages", format!("/api/v1/conversations/{id}/messages")),
        ] {
            let problem = gateway.recorded(recorded).path(&path).send().await.expect_problem(404, "not_found");
            assert!(problem["requestId"].is_string(), "{path:?}");
        }
    }
}

#[tokio::test]
async fn id_with_suffix_is_404() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    let path = format!("/api/v1/conversations/{id}");
    let _ = gateway.recorded("retrieve").path(&path).send().await.expect(200);
    for behind in ["?limit=1", "#top", " ", "/", "%20", ";v=1", "\n", "/.", "/../x", "\u{feff}"] {
        let answer = gateway.recorded("retrieve").path(&format!("{path}{behind}")).send().await;
        let _ = answer.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn unrouted_path_is_404() {
    let gateway = Gateway::new().await;
    let _ = gateway.recorded("unrouted").send().await.expect_problem(404, "not_found");
    for path in ["//", "*", "favicon.ico", ":80", "@example.com/", "/api/v1/conversations/", "/api/v1/ü", "/%2e%2e/"] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = gateway.recorded("unrouted").path(path).method(method).send().await;
            let _ = answer.expect_problem(404, "not_found");
        }
    }
}
