//! Deliveries in every way in which they ask something of the table.

use deskless_domain::{AutomationId, ExecutionId, WebhookEndpointId};
use deskless_store::{DeliveryRequest, DeliveryTarget};
use deskless_tests::{Delivery, Row, Worker, World, minimal_conversation, packed};
use serde_json::{Value, json};

use super::operations::endpoint;

/// What deliveries ask of the table: of an event and of a call, each of which fails and then succeeds, of a replay, and of an endpoint that
/// is gone.
pub async fn deliveries(world: &World) {
    let ours = world.server_key();
    let endpoint = endpoint(world).await;
    let endpoint = endpoint.rsplit('/').next().expect("an id");
    let id = WebhookEndpointId::parse(endpoint).expect("an id");
    let conversation = ours.open(&minimal_conversation()).await["id"].clone();
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
    let call = failed_call(world, &conversation).await;
    // More events that were given up than one transaction removes.
    let given_up: Vec<_> = (0..120)
        .map(|sequence| {
            let sk = format!("G#{:016}", 1_000_000 + sequence);
            Row(json!({
                "pk": { "S": format!("{}#V#N#{}", world.prefix(), packed(endpoint)) },
                "sk": { "S": sk },
                "f": { "N": "2" },
                "givenUpAt": { "N": "1" },
                "attempts": { "N": "1" },
                "expiresAt": { "N": "9999999999" },
            }))
        })
        .collect();
    world.plant(&given_up).await;
    let _ = (world.proxy().take_meter(), world.data_keys.take_permissions(), world.deliveries.take());
    world.clock.advance_millis(300_000);
    for status in [500, 204] {
        world.webhook_servers.respond_with(status);
        world.run_delivery(call.clone()).await.expect("a repeat");
        world.run_delivery(world.delivery_to(id)).await.expect("a run");
        world.clock.advance_millis(3_600_000);
    }
    world.tenant().await.request_replay(id, 1).await.expect("a request");
    world.webhook_servers.respond_with(410);
    world.run_delivery(world.delivery_to(id)).await.expect("a run");
}

/// Runs an automation whose call of a webhook fails. Returns the request to repeat it.
async fn failed_call(world: &World, conversation: &Value) -> DeliveryRequest {
    let ours = world.server_key();
    let hook = json!([{ "action": "call_webhook", "url": "https://hooks.example.com" }]);
    let body = json!({ "name": "a", "trigger": "manual", "actions": hook });
    let automation = ours.post("/api/v1/automations", &body).await.expect(201)["automation"]["id"].clone();
    let automation = automation.as_str().expect("an id");
    let runs = format!("/api/v1/automations/{automation}/executions");
    let begun = ours.post(&runs, &json!({ "conversationId": conversation })).await.expect(202);
    world.webhook_servers.respond_with(500);
    let _ = world.drain_to(Worker::Jobs, Delivery::default()).await;
    let execution = begun["execution"]["id"].as_str().and_then(ExecutionId::parse).expect("an id");
    let automation = AutomationId::parse(automation).expect("an id");
    DeliveryRequest { workspace: world.workspace, target: DeliveryTarget::Call { automation, execution, step: 1 } }
}
