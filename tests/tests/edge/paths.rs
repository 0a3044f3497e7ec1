//! The gateway decodes paths: what was `%3F` arrives as `?`, and is still no query.

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
async fn an_id_that_is_none_is_a_404_whatever_is_in_it() {
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
async fn an_id_with_something_behind_it_is_another_id() {
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
async fn a_path_that_no_function_has_is_a_404_problem() {
    let gateway = Gateway::new().await;
    let _ = gateway.recorded("unrouted").send().await.expect_problem(404, "not_found");
    for path in
        ["/", "", "//", "*", "favicon.ico", ":80", "@example.com/", "/api/v1/conversations/", "/api/v1/ü", "/%2e%2e/"]
    {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = gateway.recorded("unrouted").path(path).method(method).send().await;
            let _ = answer.expect_problem(404, "not_found");
        }
    }
}
