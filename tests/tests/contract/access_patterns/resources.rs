//! The cost of workspace resources, bulk actions and files.

use deskless_domain::Kind;
use deskless_tests::{Meter, Upload};
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Fixture, PATH, conversation};

/// Measures bulk actions. Those that finish within the request have one conversation.
pub async fn bulk_actions(fixture: &Fixture, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let bulk = "/api/v1/bulk-actions";
    let path = fixture.open().await;
    let id = path.rsplit('/').next().expect("an id");
    let one = json!({ "action": "tag", "add": ["urgent"], "conversationIds": [id] });
    let _ = record("AP-72 done at once", fixture.post(bulk, &one).await);
    let _ = record("AP-72 nothing to change", fixture.post(bulk, &one).await);
    let solve = json!({ "action": "update_status", "status": "solved", "conversationIds": [id] });
    let _ = record("AP-72 status", fixture.post(bulk, &solve).await);
    let many = json!({ "action": "tag", "add": ["urgent"], "filter": { "status": "open" } });
    let _ = record("AP-72", fixture.post(bulk, &many).await);
    let _ = record("AP-72 with an Idempotency-Key", fixture.cost(Method::POST, bulk, Some("k"), Some(&many)).await);
    let listed = fixture.world.server_key().get(bulk).await.expect(200);
    let path = format!("{bulk}/{}", listed["bulkActions"][0]["id"].as_str().expect("an id"));
    let _ = record("AP-71", fixture.get(&path).await);
    let _ = record("AP-73", fixture.get(bulk).await);
    let _ = record("AP-74", fixture.post(&format!("{path}/cancel"), &json!({})).await);
    let mut tried = many;
    tried["dryRun"] = json!(true);
    let _ = record("AP-76", fixture.post(bulk, &tried).await);
}

/// Measures workspace resources.
pub async fn workspace(fixture: &Fixture, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let filler = if fixture.large { "x".repeat(1000) } else { "Answers first.".to_owned() };
    let assistants = "/api/v1/assistants";
    let body = json!({ "name": "Robot", "description": filler });
    let made = fixture.world.server_key().post(assistants, &body).await.expect(201);
    let path = format!("{assistants}/{}", made["assistant"]["id"].as_str().expect("an id"));
    let _ = record("AP-16", fixture.get(&path).await);
    let _ = record("AP-17", fixture.post(assistants, &body).await);
    let _ =
        record("AP-17 with an Idempotency-Key", fixture.cost(Method::POST, assistants, Some("k"), Some(&body)).await);
    let member = json!({ "name": "Ada Lovelace", "email": "ada@example.com" });
    let _ = record("AP-17 member", fixture.post("/api/v1/members", &member).await);
    let _ = record("AP-18", fixture.cost(Method::PATCH, &path, None, Some(&json!({ "name": "Robbie" }))).await);
    let _ = record("AP-18 delete", fixture.cost(Method::DELETE, &path, None, None).await);
    let _ = record("AP-19", fixture.get(assistants).await);
    let credential =
        fixture.world.store.find_key(&fixture.world.key().secret).await.expect("the engine responds").expect("a key");
    let tenant = fixture.world.store.tenant(&credential);
    let _ = fixture.world.proxy().take_meter();
    let kinds = [Kind::Inbox, Kind::Member, Kind::Assistant, Kind::Pipeline];
    let _ = tenant.directory(&kinds).await.expect("names");
    let _ = record("AP-20", fixture.world.proxy().take_meter());

    let customers = "/api/v1/customers";
    let body = json!({ "id": "cus_1", "name": "Ada", "email": "ada@example.com", "metadata": { "note": filler } });
    let _ = record("AP-24 new with email", fixture.post(customers, &body).await);
    let _ =
        record("AP-24 new", fixture.post(customers, &json!({ "id": "cus_2", "metadata": { "note": filler } })).await);
    let _ = record(
        "AP-24 found by email",
        fixture.post(customers, &json!({ "email": "ada@example.com", "name": "A" })).await,
    );
    let _ = record("AP-21", fixture.get(&format!("{customers}/cus_1")).await);
    let _ = record("AP-22", fixture.get(&format!("{customers}?email=ada@example.com")).await);
    let _ = record("AP-23", fixture.get(customers).await);
    let change =
        async |body: Value| fixture.cost(Method::PATCH, &format!("{customers}/cus_1"), None, Some(&body)).await;
    let _ = record("AP-25", change(json!({ "company": "Engines" })).await);
    let _ = record("AP-25 email", change(json!({ "email": "ada@example.org" })).await);
    let _ = record("AP-46", fixture.cost(Method::DELETE, &format!("{customers}/cus_1"), None, None).await);

    predefined_messages(fixture, record).await;

    let _ = record("AP-97", fixture.get("/api/v1/audit-log?limit=5").await);
    let keys = "/api/v1/api-keys";
    let _ = record("AP-26", fixture.post(keys, &json!({ "name": "a", "scopes": ["read:files"] })).await);
    let _ = record("AP-27", fixture.get(keys).await);
    let path = format!("{keys}/{}", fixture.world.key().key.id);
    let _ = record("AP-28", fixture.get(&path).await);
    let _ = record("AP-29", fixture.cost(Method::PATCH, &path, None, Some(&json!({ "name": "b" }))).await);
}

/// Measures files, without the requests to S3.
pub async fn files(fixture: &Fixture, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let ours = fixture.world.server_key();
    let conversation = fixture.open().await;
    let id = conversation.rsplit('/').next().expect("an id");
    let files = "/api/v1/files";
    let announce = json!({ "fileName": "a.txt", "contentType": "text/plain", "size": 5, "conversationId": null });
    let _ = record("AP-61 the workspace's", fixture.post(&format!("{files}/sign"), &announce).await);
    let mut announce = announce;
    announce["conversationId"] = json!(id);
    let _ = record("AP-61", fixture.post(&format!("{files}/sign"), &announce).await);
    let signed = ours.post(&format!("{files}/sign"), &announce).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let register = json!({ "fileId": signed["file"]["id"] });
    let _ = record("AP-62", fixture.post(files, &register).await);
    let _ = record("AP-62 again", fixture.post(files, &register).await);
    let path = format!("{files}/{}", signed["file"]["id"].as_str().expect("an id"));
    let _ = record("AP-63", fixture.get(&path).await);
    let said = json!({ "role": "assistant", "body": "Look", "attachments": [register] });
    let _ = record("AP-66", fixture.post(&format!("{conversation}/messages"), &said).await);
    let brochure = ours.upload(&json!(null), "a.txt", "hello").await;
    let brochure = format!("{files}/{}", brochure["id"].as_str().expect("an id"));
    let _ = record("AP-63 the workspace's", fixture.get(&brochure).await);
    let _ = record("AP-64", fixture.cost(Method::DELETE, &path, None, None).await);
}

/// Measures predefined messages and sending them.
async fn predefined_messages(fixture: &Fixture, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let path = "/api/v1/predefined-messages";
    let text = if fixture.large { "x".repeat(1000) } else { "Answers first.".to_owned() };
    let body = |content: String| json!({ "title": "Greeting", "content": content });
    let made = async |content: String| {
        let made = fixture.world.server_key().post(path, &body(content)).await.expect(201);
        made["predefinedMessage"]["id"].as_str().expect("an id").to_owned()
    };
    let plain = made(format!("Hello {{{{customer.name}}}}, {text}")).await;
    let named = made("{{workspace.name}}".to_owned()).await;
    let _ = record("AP-80", fixture.get(path).await);
    let _ = record("AP-17 by title", fixture.post(path, &body(text)).await);
    let other = json!({ "title": "Welcome" });
    let _ = record("AP-18 by title", fixture.cost(Method::PATCH, &format!("{path}/{plain}"), None, Some(&other)).await);
    let opened = fixture.world.server_key().open(&conversation(fixture.large)).await;
    let to = json!({ "conversationId": opened["id"] });
    let _ = record("AP-81", fixture.post(&format!("{path}/{plain}/render"), &to).await);
    let thread = format!("{PATH}/{}/messages", opened["id"].as_str().expect("an id"));
    let said = json!({ "role": "assistant", "predefinedMessageId": named });
    let _ = record("AP-82", fixture.post(&thread, &said).await);
    let mut opening = conversation(fixture.large);
    opening["message"] = json!({ "role": "assistant", "predefinedMessageId": plain });
    let _ = record("AP-83", fixture.post(PATH, &opening).await);
}

/// Measures webhook endpoints in a workspace without events.
pub async fn webhook_endpoints(fixture: &Fixture, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let path = "/api/v1/webhook-endpoints";
    let filler = if fixture.large { "x".repeat(1000) } else { "CRM".to_owned() };
    let body = json!({ "url": "https://hooks.example.com", "description": filler });
    let made = fixture.world.server_key().post(path, &body).await.expect(201);
    let _ = record("AP-185", fixture.post(path, &body).await);
    let made = format!("{path}/{}", made["webhookEndpoint"]["id"].as_str().expect("an id"));
    let _ = record("AP-188", fixture.get(&format!("{made}/undelivered")).await);
}
