//! The cost of conversations and messages.

use deskless_tests::{Meter, Worker};
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Fixture, PATH, conversation};

/// Measures creating conversations.
pub async fn create(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let _ = fixture.open().await;
    let _ = record("AP-09", fixture.post(PATH, &conversation(large)).await);
    let mut stranger = conversation(large);
    stranger["customer"] = json!({ "id": "cus_new", "name": "Grace Hopper" });
    let _ = record("AP-09 new customer", fixture.post(PATH, &stranger).await);
    stranger["customer"] = json!({ "id": "cus_newer", "name": "Alan Turing", "email": "alan@example.com" });
    let _ = record("AP-09 new customer with email", fixture.post(PATH, &stranger).await);
    let mut session = conversation(large);
    session["sessionKey"] = json!("whatsapp_+49123456789");
    let _ = record("AP-09 sessionKey", fixture.post(PATH, &session).await);
    let mut external = conversation(large);
    external["externalId"] = json!("ticket_124");
    let _ = record("AP-10 externalId", fixture.post(PATH, &external).await);
    external["externalId"] = json!("ticket_125");
    external["message"] = json!({ "body": "I am getting a 401 from POST /orders." });
    external["customer"] = json!({ "id": "cus_newest", "name": "Edsger Dijkstra" });
    let _ = record("AP-10 everything", fixture.cost(Method::POST, PATH, Some("k"), Some(&external)).await);
    let _ = record("AP-10 replayed", fixture.cost(Method::POST, PATH, Some("k"), Some(&external)).await);
}

/// Measures reading and updating a conversation, and creating messages.
pub async fn update_and_reply(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let path = fixture.open().await;
    let _ = record("AP-08", fixture.get(&path).await);
    let change = async |body: Value| fixture.cost(Method::PATCH, &path, None, Some(&body)).await;
    let _ = record("AP-11", change(json!({ "priority": "high" })).await);
    let _ = record("AP-11 status", change(json!({ "status": "solved" })).await);
    let _ = record("AP-11 assignee", change(json!({ "assigneeId": null })).await);
    let _ = change(json!({ "assigneeId": fixture.member })).await;
    let mut session = conversation(large);
    session["sessionKey"] = json!("whatsapp_+49123456789");
    let session = fixture.world.server_key().open(&session).await;
    let session = format!("{PATH}/{}", session["id"].as_str().expect("an id"));
    let solve = json!({ "status": "solved" });
    let _ = record("AP-11 sessionKey", fixture.cost(Method::PATCH, &session, None, Some(&solve)).await);
    let thread = format!("{path}/messages");
    let said = json!({ "role": "assistant", "body": "I am getting a 401 from POST /orders." });
    let _ = record("AP-12", fixture.post(&thread, &said).await);
    let _ = record("AP-12 note", fixture.post(&thread, &json!({ "type": "note", "body": "Rings often." })).await);
    let _ = record("AP-13", fixture.cost(Method::POST, &thread, Some("k"), Some(&said)).await);
    let _ = record("AP-13 replayed", fixture.cost(Method::POST, &thread, Some("k"), Some(&said)).await);
    long_message(&fixture, &thread, record).await;
}

/// Measures a message of 256 KiB, without S3.
async fn long_message(fixture: &Fixture, thread: &str, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    fixture.world.limit_bodies(262_144).await;
    let _ = fixture.get(thread).await;
    let long = json!({ "role": "assistant", "body": "I am getting a 401 from POST /orders. ".repeat(6898) });
    assert_eq!(long["body"].as_str().map(str::len), Some(256 * 1024 - 20));
    let _ = record("AP-130", fixture.post(thread, &long).await);
    let newest = fixture.world.server_key().get(&format!("{thread}?order=desc&limit=2")).await.expect(200);
    let path = |i: usize| format!("{thread}/{}", newest["messages"][i]["id"].as_str().expect("an id"));
    let _ = record("AP-131", fixture.get(&path(0)).await);
    // So that it is not the newest.
    let _ = fixture.post(thread, &json!({ "role": "assistant", "body": "Hi" })).await;
    let _ = record("AP-132", fixture.cost(Method::DELETE, &path(0), None, None).await);
}

/// Measures several messages that are added at once, with the dialect that does so.
pub async fn messages_at_once(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let conversations = "/dialects/openai/v1/conversations";
    let id = fixture.open().await.rsplit('/').next().expect("an id").replace('-', "");
    let item = json!({ "type": "message", "role": "assistant", "content": "I am getting a 401 from POST /orders." });
    let items = json!({ "items": vec![item; 20] });
    let path = format!("{conversations}/conv_{id}/items");
    let _ = record("AP-150", fixture.post(&path, &items).await);
    let _ = record("AP-151", fixture.post(conversations, &items).await);
    let own = json!({ "items": [{ "type": "reasoning", "id": "rs_own", "summary": [] }] });
    let _ = record("AP-150 own id", fixture.post(&path, &own).await);
    let _ = record("AP-152", fixture.get(&format!("{path}/rs_own")).await);
}

/// Measures messages with external IDs, delivery reports, transforms and deletion.
pub async fn provider_messages(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let said = json!({ "role": "assistant", "body": "I am getting a 401 from POST /orders." });
    let mut carried = conversation(large);
    carried["channel"] = json!("whatsapp");
    let opened = fixture.world.server_key().open(&carried).await;
    let thread = format!("{PATH}/{}/messages", opened["id"].as_str().expect("an id"));
    let mut named = said.clone();
    named["externalId"] = json!("wamid.1");
    let _ = record("AP-30", fixture.post(&thread, &named).await);
    let _ = record("AP-30 repeated", fixture.post(&thread, &named).await);
    let listed = fixture.world.server_key().get(&thread).await.expect(200);
    let first = format!("{thread}/{}", listed["messages"][0]["id"].as_str().expect("an id"));
    let report = async |body: Value| fixture.cost(Method::PATCH, &first, None, Some(&body)).await;
    let _ = record("AP-31", report(json!({ "deliveryStatus": "sent" })).await);
    let _ = record("AP-31 late", report(json!({ "deliveryStatus": "queued" })).await);
    let _ = record("AP-31 externalId", report(json!({ "deliveryStatus": "read", "externalId": "wamid.2" })).await);
    let show = json!({ "template": { "name": "hello", "language": "de" }, "to": "+15551234567" });
    let path = format!("{thread}/transform");
    let _ = record("AP-33", fixture.cost(Method::POST, &path, Some("k"), Some(&show)).await);
    let _ = record("AP-33 replayed", fixture.cost(Method::POST, &path, Some("k"), Some(&show)).await);
    let _ = fixture.world.server_key().post(&thread, &said).await.expect(201);
    let _ = record("AP-32", fixture.cost(Method::DELETE, &first, None, None).await);
    let listed = fixture.world.server_key().get(&thread).await.expect(200);
    let newest = format!("{thread}/{}", listed["messages"][0]["id"].as_str().expect("an id"));
    let _ = record("AP-32 newest", fixture.cost(Method::DELETE, &newest, None, None).await);
}

/// Measures what the events worker writes for one change, and for each of 100 changes in one batch.
pub async fn count(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let path = fixture.open().await;
    // Without the stamp, which is AP-88. It is read first.
    let drained = async || {
        let meter = fixture.drained(Worker::Events).await;
        Meter { trips: meter.trips - 1, reads: meter.reads - 1.0, ..meter }
    };
    let _ = drained().await;
    let create = fixture.post(PATH, &conversation(large)).await;
    let counting = drained().await;
    let _ = record("AP-42", counting.clone());
    let both = Meter {
        trips: create.trips + counting.trips,
        reads: create.reads + counting.reads,
        writes: create.writes + counting.writes,
        ..Meter::default()
    };
    let _ = record("AP-09 and AP-42", both);
    let solve = json!({ "status": "solved" });
    let _ = fixture.cost(Method::PATCH, &path, None, Some(&solve)).await;
    let _ = record("AP-42 status", drained().await);
    let note = json!({ "type": "note", "body": "Rings often." });
    let _ = fixture.post(&format!("{path}/messages"), &note).await;
    let _ = record("AP-67", drained().await);
}

/// Measures deleting a conversation.
pub async fn delete(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let mut doomed = conversation(large);
    doomed["externalId"] = json!("ticket_126");
    let doomed = fixture.world.server_key().open(&doomed).await;
    let doomed = format!("{PATH}/{}", doomed["id"].as_str().expect("an id"));
    let _ = record("AP-15", fixture.cost(Method::DELETE, &doomed, None, None).await);
}

/// Measures lists.
pub async fn list(large: bool, record: &mut impl FnMut(&str, Meter) -> Option<Meter>) {
    let fixture = Fixture::new(large).await;
    let path = fixture.open().await;
    let _ = record("AP-14", fixture.get(&format!("{path}/messages")).await);
    for _ in 0..20 {
        let _ = fixture.open().await;
    }
    let _ = record("AP-02", fixture.get(&format!("{PATH}?status=open")).await);
    let _ = record("AP-03", fixture.get(PATH).await);
    let _ = record("AP-44", fixture.get(&format!("{PATH}/counts?customerId=cus_123")).await);
    let _ = record("AP-04", fixture.get(&format!("{PATH}?customerId=cus_123")).await);
    let _ = record("AP-05", fixture.get(&format!("{PATH}?customerEmail=ada@example.com")).await);
    let member = fixture.member.as_str().expect("an id");
    let _ = record("AP-06", fixture.get(&format!("{PATH}?assigneeId={member}")).await);
    let _ = record("AP-78", fixture.get(&format!("{PATH}?sort=createdAt")).await);
    fixture.world.clock.advance_millis(20_000);
    let _ = fixture.drained(Worker::Events).await;
    fixture.world.clock.advance_millis(20_000);
    let _ = fixture.get(PATH).await;
    let _ = record("AP-43", fixture.get(&format!("{PATH}/counts")).await);
    let _ = record("AP-43 assignee", fixture.get(&format!("{PATH}/counts?assigneeId={member}")).await);
    let since = "2026-06-28T18:00:00Z";
    let _ = record("AP-68", fixture.get(&format!("{PATH}?updatedAfter={since}")).await);
    let _ = record("AP-07", fixture.get(&format!("{PATH}?assistantId=none&escalated=false")).await);
    let _ = fixture.post(&format!("{path}/read"), &json!({})).await;
    let _ = record("AP-60", fixture.post(&format!("{path}/read"), &json!({})).await);
    // Alone in its quarter of a second.
    fixture.world.clock.advance_millis(1_000);
    let path = fixture.open().await.replace(PATH, "/dialects/chatwoot/api/v1/accounts/1/conversations");
    let number = fixture.world.server_key().get(&path).await.expect(200)["id"].clone();
    let (folder, _) = path.rsplit_once('/').expect("a path");
    let _ = record("AP-160", fixture.get(&format!("{folder}/{number}")).await);
}
