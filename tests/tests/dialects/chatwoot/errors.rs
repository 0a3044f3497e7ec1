//! Error bodies and statuses of the service, and what is not supported.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

const ACCOUNT: &str = "/dialects/chatwoot/api/v1/accounts/1";

#[tokio::test]
async fn key_may_be_in_either_spelling_of_the_header() {
    let world = World::new().await;
    let secret = world.key().secret.reveal().to_owned();
    for header in ["api_access_token", "api-access-token"] {
        let ask = world.anon().ask(Method::GET, &format!("{ACCOUNT}/inboxes")).header(header, &secret);
        assert_eq!(ask.send().await.expect(200), json!({ "payload": [] }), "{header}");
    }
    let refused = world.anon().get(&format!("{ACCOUNT}/inboxes")).await.expect(401);
    assert!(refused["error"].is_string() && refused.as_object().map(serde_json::Map::len) == Some(1), "{refused}");
}

async fn refused(method: Method, path: &str, body: Option<Value>, status: u16) -> Value {
    let world = World::new().await;
    let key = world.server_key();
    let ask = key.ask(method, path);
    let ask = match &body {
        Some(body) => ask.json(body),
        None => ask,
    };
    ask.send().await.expect(status)
}

#[tokio::test]
async fn invalid_fields_are_named() {
    let body = json!({ "email": "nobody", "phone_number": "+4930123456" });
    let error = refused(Method::POST, &format!("{ACCOUNT}/contacts"), Some(body), 422).await;
    assert_eq!(error["attributes"], json!(["email"]), "{error}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("`email`")), "{error}");
    let error = refused(Method::POST, &format!("{ACCOUNT}/conversations"), Some(json!({})), 422).await;
    assert_eq!(error["attributes"], json!(["source_id"]));
}

#[tokio::test]
async fn filters_that_are_not_supported_are_refused() {
    for query in ["q=help", "team_id=3", "assignee_type=me", "labels=a,b", "colour=red", "page=402", "sort_by=priority"]
    {
        let error = refused(Method::GET, &format!("{ACCOUNT}/conversations?{query}"), None, 400).await;
        let name = query.split('=').next().expect("a name");
        assert!(error["error"].as_str().is_some_and(|text| text.contains(name)), "{query}: {error}");
    }
    let condition = |key: &str, operator: &str, values: Value| json!({ "payload": [{ "attribute_key": key, "filter_operator": operator, "values": values }] });
    for (list, body) in [
        ("contacts", condition("name", "equal_to", json!(["Ada"]))),
        ("contacts", condition("email", "contains", json!(["ada"]))),
        ("conversations", condition("browser_language", "equal_to", json!(["en"]))),
        ("conversations", condition("status", "equal_to", json!(["open", "pending"]))),
        ("conversations", json!({ "payload": [] })),
    ] {
        let error = refused(Method::POST, &format!("{ACCOUNT}/{list}/filter"), Some(body.clone()), 422).await;
        assert!(error["message"].is_string(), "{body}: {error}");
    }
}

#[tokio::test]
async fn what_is_not_supported_is_not_found() {
    for path in ["webhooks", "canned_responses", "teams/1", "labels", "custom_filters", "integrations/apps"] {
        let error = refused(Method::GET, &format!("{ACCOUNT}/{path}"), None, 404).await;
        assert_eq!(error, json!({ "error": "Resource could not be found" }), "{path}");
    }
    let _ = refused(Method::GET, "/dialects/chatwoot/platform/api/v1/users/1", None, 404).await;
}

#[tokio::test]
async fn public_endpoints_need_a_server_key() {
    let world = World::new().await;
    let key = world.server_key();
    let inbox = key.post("/api/v1/inboxes", &json!({ "name": "Web", "channel": "web" })).await.expect(201);
    let id = inbox["inbox"]["id"].as_str().expect("an id");
    let path = format!("/dialects/chatwoot/public/api/v1/inboxes/{id}/contacts");
    let _ = world.anon().post(&path, &json!({ "name": "Eve" })).await.expect(401);
    let _ = world.client_key().post(&path, &json!({ "name": "Eve" })).await.expect(403);
    let contact = key.post(&path, &json!({ "name": "Ada" })).await.expect(200);
    // A conversation of another contact is not theirs.
    let conversations =
        |contact: &Value| format!("{path}/{}/conversations", contact["source_id"].as_str().expect("an id"));
    let made = key.post(&conversations(&contact), &json!({})).await.expect(200);
    let other = key.post(&path, &json!({ "name": "Bob" })).await.expect(200);
    let messages = |contact: &Value| format!("{}/{}/messages", conversations(contact), made["id"]);
    let _ = key.get(&messages(&contact)).await.expect(200);
    let _ = key.get(&messages(&other)).await.expect(404);
    let _ = key.post(&messages(&other), &json!({ "content": "Hi" })).await.expect(404);
}
