//! The cost of automations.

use std::collections::BTreeMap;

use deskless_app::automations;
use deskless_domain::{AutomationId, ExecutionId};
use deskless_store::CallKey;
use deskless_tests::{Meter, Worker};
use http::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;

/// Measures automations, and the stream records of a workspace with and without them.
pub async fn measure(large: bool, costs: &mut BTreeMap<String, Meter>) {
    const AUTOMATIONS: &str = "/api/v1/automations";
    let fixture = Fixture::new(large).await;
    let world = &fixture.world;
    let drained = async |worker: Worker| fixture.drained(worker).await;
    // Without the entry of the change log, which is AP-67. It is written after the stamp was read.
    let triggered = |meter: Meter| Meter { trips: meter.trips - 1, writes: meter.writes - 1.0, ..meter };
    let conversation = fixture.open().await;
    let _ = drained(Worker::Events).await;
    let thread = format!("{conversation}/messages");
    let note = json!({ "type": "note", "body": "Rings often." });
    world.clock.advance_millis(30_000);
    let _ = fixture.post(&thread, &note).await;
    costs.insert("AP-88".to_owned(), triggered(drained(Worker::Events).await));
    let _ = fixture.post(&thread, &note).await;
    let cached = drained(Worker::Events).await;
    let cached = triggered(cached);
    assert_eq!((cached.trips, cached.reads, cached.writes), (1, 1.0, 0.0), "only the stamp is read");

    let make = async |trigger: &str, action: Value| {
        let body = json!({ "name": "A", "trigger": trigger, "actions": [action] });
        let made = world.server_key().post(AUTOMATIONS, &body).await.expect(201);
        format!("{AUTOMATIONS}/{}", made["automation"]["id"].as_str().expect("an id"))
    };
    let tag = json!({ "action": "tag", "add": ["urgent"] });
    let tagging = make("message.created", tag).await;
    let noting = make("manual", note_action()).await;
    let calling = make("manual", json!({ "action": "call_webhook", "url": "https://hooks.example.com" })).await;
    world.clock.advance_millis(30_000);
    let _ = fixture.post(&thread, &note).await;
    let first = drained(Worker::Events).await;
    let _ = fixture.post(&thread, &note).await;
    let again = drained(Worker::Events).await;
    // The execution is written last (AP-89).
    let (trips, writes) = (first.trips - 1, first.writes - 2.0);
    costs.insert("AP-88 changed".to_owned(), Meter { trips, reads: first.reads, writes, ..Meter::default() });
    // After the stamp was read (AP-88).
    let (trips, reads) = (again.trips - 1, again.reads - 1.0);
    costs.insert("AP-89".to_owned(), Meter { trips, reads, ..triggered(again) });
    let _ = drained(Worker::Jobs).await;
    let _ = drained(Worker::Events).await;

    let body = json!({ "conversationId": conversation.rsplit('/').next().expect("an id") });
    for (name, automation) in [("AP-91", &tagging), ("AP-92", &noting), ("AP-93", &calling)] {
        let opened = if name == "AP-91" { fixture.open().await } else { conversation.clone() };
        let body = json!({ "conversationId": opened.rsplit('/').next().expect("an id") });
        let queued = fixture.post(&format!("{automation}/executions"), &body).await;
        if name == "AP-91" {
            costs.insert("AP-85".to_owned(), queued);
        }
        costs.insert(name.to_owned(), drained(Worker::Jobs).await);
    }
    retries(&fixture, &calling, &conversation, costs).await;
    let runs = format!("{noting}/executions");
    let once = fixture.cost(Method::POST, &runs, Some("k"), Some(&body)).await;
    costs.insert("AP-85 with an Idempotency-Key".to_owned(), once);
    let listed = world.server_key().get(&runs).await.expect(200);
    costs.insert("AP-87".to_owned(), fixture.get(&runs).await);
    let run = format!("{runs}/{}", listed["executions"][0]["id"].as_str().expect("an id"));
    costs.insert("AP-86".to_owned(), fixture.get(&run).await);
}

/// Webhook calls that fail. One fails again, and one is then delivered.
async fn retries(fixture: &Fixture, calling: &str, conversation: &str, costs: &mut BTreeMap<String, Meter>) {
    let world = &fixture.world;
    let body = json!({ "conversationId": conversation.rsplit('/').next().expect("an id") });
    let runs = format!("{calling}/executions");
    let automation = AutomationId::parse(calling.rsplit('/').next().expect("an id")).expect("an id");
    for (name, status) in [("AP-202", 500), ("AP-203", 204)] {
        world.webhook_servers.respond_with(500);
        let _ = fixture.post(&runs, &body).await;
        let failed = fixture.drained(Worker::Jobs).await;
        let _ = costs.entry("AP-200".to_owned()).or_insert(failed);
        let listed = world.server_key().get(&runs).await.expect(200);
        let execution = listed["executions"][0]["id"].as_str().and_then(ExecutionId::parse).expect("an id");
        let key = CallKey { automation, execution, step: 1 };
        world.webhook_servers.respond_with(status);
        // The call is due. The data key (AP-120) is still cached, and the API key (AP-101) is not.
        world.clock.advance_millis(60_000);
        let store = world.function_tenant().await;
        let _ = world.proxy().take_meter();
        automations::retry_call(&store, world.webhook_servers.client(), key).await.expect("DynamoDB responds");
        costs.insert(name.to_owned(), world.proxy().take_meter());
    }
    // Caches the key again.
    let _ = fixture.get(&runs).await;
}

fn note_action() -> Value {
    json!({ "action": "note", "body": "Rings often." })
}
