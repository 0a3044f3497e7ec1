//! How functions read the gateway's events.

use serde_json::json;

use crate::gateway::Gateway;

#[tokio::test]
async fn query_string_is_parsed_as_sent() {
    let gateway = Gateway::new().await;
    let wanted = gateway.conversation().await;
    let other = json!({ "subject": "Mine", "customer": { "id": "cus_456" } });
    let _ = gateway.world.server_key().open(&other).await;
    let list = gateway.recorded("list").send().await.expect(200);
    assert_eq!(list["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["conversations"][0]["id"], wanted);
    let list = gateway.recorded("list").query("customerId=cus%5F456").send().await.expect(200);
    assert_eq!(list["conversations"][0]["subject"], "Mine");
    let list = gateway.recorded("list").query("").send().await.expect(200);
    assert_eq!(list["conversations"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn unencoded_query_characters_are_accepted() {
    let gateway = Gateway::new().await;
    for odd in ["\"open\"", "<open>", "open now", "ö", "open\t", "{open}", "open|waiting", "open^", "open\\"] {
        let refused = gateway.recorded("list").query(&format!("status={odd}")).send().await;
        let problem = refused.answer.expect_invalid(&["status"]);
        assert_eq!(problem["errors"][0]["code"], "unknown_value", "{odd}");
    }
    let refused = gateway.recorded("list").query("status=%zz").send().await;
    assert_eq!(refused.answer.expect_invalid(&["status"])["errors"][0]["code"], "invalid", "a broken percent-encoding");
    // A fragment is not part of a query (RFC 3986, section 3.5), so `#` belongs to the value.
    let refused = gateway.recorded("list").query("status=open#waiting").send().await;
    let _ = refused.answer.expect_invalid(&["status"]);
}

#[tokio::test]
async fn text_and_base64_bodies_are_equal() {
    for recorded in ["create", "create-base64"] {
        let gateway = Gateway::new().await;
        let sent = gateway.recorded(recorded).send().await;
        assert!(sent.answer.header("location").is_some_and(|l| l.starts_with("/api/v1/conversations/")), "{sent:?}");
        let created = sent.expect(201);
        assert_eq!(created["conversation"]["subject"], "Hilfe beim Anmelden, bitte – 🔑");
        assert_eq!(created["conversation"]["externalId"], "ticket_123");
    }
}

#[tokio::test]
async fn post_without_body_is_400() {
    let gateway = Gateway::new().await;
    let problem = gateway.recorded("create-without-body").send().await.expect_problem(400, "invalid_request");
    assert_eq!(problem["error"], "The body is empty. Send a JSON object.");
}

#[tokio::test]
async fn every_method_reaches_the_function() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    let solved = gateway.recorded_about("retrieve", &id).method("PATCH").json(&json!({ "status": "solved" }));
    assert_eq!(solved.send().await.expect(200)["conversation"]["status"], "solved");

    let head = gateway.recorded_about("retrieve", &id).method("HEAD").send().await;
    assert_eq!((head.answer.status.as_u16(), head.answer.header("etag")), (200, Some("\"2\"")));
    assert!(head.answer.bytes.is_empty() && !head.base64);

    let refused = gateway.recorded_about("retrieve", &id).method("PUT").send().await;
    assert_eq!(refused.answer.header("allow"), Some("GET,HEAD,PATCH,DELETE"));
    let _ = refused.expect_problem(405, "method_not_allowed");

    let message = gateway.recorded_about("list-messages", &id).method("POST").json(&json!({ "body": "Hello" }));
    let _ = message.send().await.expect(201);
    let messages = gateway.recorded_about("list-messages", &id).send().await.expect(200);
    assert_eq!(messages["messages"][0]["body"], "Hello");
}

#[tokio::test]
async fn joined_header_values_are_split() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    let unchanged = gateway.recorded_about("retrieve-from-browser", &id).send().await;
    assert_eq!(unchanged.answer.status, 304);
    // The 200 would be compressed.
    assert_eq!(unchanged.answer.header("etag"), Some("\"1-gzip\""));
    assert!(unchanged.answer.bytes.is_empty() && !unchanged.base64);
}

#[tokio::test]
async fn non_ascii_cookies_and_headers_are_accepted() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    let event = gateway.recorded_about("retrieve-from-browser", &id).header("user-agent", "Café/1.0 (日本)");
    let found = event.header("if-none-match", "\"7\"").header("x-note", "ünïcode").send().await;
    assert_eq!(found.expect_gzip()["conversation"]["id"], id);
    let refused = gateway.recorded_about("retrieve", &id).header("authorization", "Bearer schlüssel").send().await;
    let _ = refused.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn invalid_host_and_scheme_are_ignored() {
    let gateway = Gateway::new().await;
    let id = gateway.conversation().await;
    for (name, value) in
        [("host", "not a host"), ("host", "["), ("x-forwarded-proto", "1 2"), ("x-forwarded-port", "x")]
    {
        let found = gateway.recorded_about("retrieve", &id).header(name, value).send().await.expect(200);
        assert_eq!(found["conversation"]["id"], id, "{name}: {value}");
    }
    let _ = gateway.recorded_about("retrieve", &id).without_header("host").send().await.expect(200);
}
