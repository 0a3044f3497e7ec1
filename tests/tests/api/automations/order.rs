//! The order of automations that one event triggers.

use deskless_domain::{AutomationId, AutomationTrigger, ConversationId, Execution, ExecutionId};
use deskless_tests::{Delivery, Row, Worker, World, minimal_conversation, packed, record};
use serde_json::{Value, json};

use super::{PATH, conversation, executions, id, saved, shown, thread};

/// Creates an automation that notes its name when a conversation is created.
async fn noting(world: &World, name: &str, position: Value) -> String {
    let body = json!({
        "name": name, "trigger": "conversation.created", "position": position,
        "actions": [{ "action": "note", "body": name }],
    });
    let made = world.server_key().post(PATH, &body).await.expect(201);
    assert_eq!(made["automation"]["position"], position);
    saved(&made)
}

/// Creates a conversation, delivers its events, and returns the notes in order.
async fn notes(world: &World, delivery: Delivery) -> Vec<String> {
    let conversation = conversation(world).await;
    let _ = world.drain_events_as(delivery).await;
    let thread = thread(world, &conversation).await;
    thread.iter().map(|message| message["body"].as_str().expect("a body").to_owned()).collect()
}

#[tokio::test]
async fn automations_run_by_position_then_by_creation() {
    let deliveries = [Delivery::default(), Delivery { duplicated_percent: 50, shuffled: true, failing_percent: 30 }];
    for delivery in deliveries {
        for (positions, expected) in [
            ([json!(null), json!(null), json!(null), json!(null)], "abcd"),
            ([json!(4), json!(3), json!(2), json!(1)], "dcba"),
            ([json!(null), json!(1), json!(null), json!(1)], "bdac"),
            ([json!(1_000_000), json!(7), json!(7), json!(null)], "bcad"),
        ] {
            let world = World::new().await;
            for (name, position) in ["a", "b", "c", "d"].into_iter().zip(&positions) {
                let _ = noting(&world, name, position.clone()).await;
            }
            for _ in 0..3 {
                assert_eq!(notes(&world, delivery).await.concat(), expected, "{positions:?}");
            }
            world.assert_settled().await;
        }
    }
}

#[tokio::test]
async fn position_can_be_updated() {
    let world = World::new().await;
    let role = world.server_key();
    let first = noting(&world, "a", json!(null)).await;
    let _ = noting(&world, "b", json!(5)).await;
    assert_eq!(notes(&world, Delivery::default()).await.concat(), "ba");
    let _ = role.patch(&first, &json!({ "position": 4 })).await.expect(200);
    assert_eq!(notes(&world, Delivery::default()).await.concat(), "ab");
    let _ = role.patch(&first, &json!({ "position": null })).await.expect(200);
    assert_eq!(notes(&world, Delivery::default()).await.concat(), "ba");
    for bad in [json!(0), json!(1_000_001), json!(-1), json!(1.5), json!("1")] {
        let _ = role.patch(&first, &json!({ "position": bad })).await.expect_invalid(&["position"]);
    }
}

#[tokio::test]
async fn later_automation_sees_effect_of_earlier_one() {
    for (solving, tagging, is_tagged) in [(1, 2, false), (2, 1, true)] {
        let world = World::new().await;
        let role = world.server_key();
        let solve = json!({
            "name": "Solve", "trigger": "conversation.created", "position": solving,
            "actions": [{ "action": "update_status", "status": "solved" }],
        });
        let tag = json!({
            "name": "Tag", "trigger": "conversation.created", "position": tagging, "conditions": { "status": "open" },
            "actions": [{ "action": "tag", "add": ["new"] }],
        });
        let _ = role.post(PATH, &solve).await.expect(201);
        let tagging = saved(&role.post(PATH, &tag).await.expect(201));
        let conversation = conversation(&world).await;
        let _ = world.drain_events().await;
        let shown = shown(&world, &conversation).await;
        assert_eq!(shown["status"], "solved");
        assert_eq!(shown["tags"], if is_tagged { json!(["new"]) } else { json!([]) });
        let run = &executions(&world, &tagging).await[0];
        assert_eq!(run["status"], if is_tagged { "succeeded" } else { "skipped" });
    }
}

#[tokio::test]
async fn ended_automation_releases_the_next_one() {
    let world = World::new().await;
    let role = world.server_key();
    let first = noting(&world, "a", json!(1)).await;
    let second = noting(&world, "b", json!(2)).await;
    let _third = noting(&world, "c", json!(3)).await;
    let conversation = id(&role.open(&minimal_conversation()).await).to_owned();
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
    assert_eq!(executions(&world, &second).await[0]["status"], "queued");
    let _ = role.patch(&first, &json!({ "enabled": false })).await.expect(200);
    let _ = role.ask(http::Method::DELETE, &second).send().await.expect(204);
    let _ = world.drain_events().await;
    let thread = thread(&world, &conversation).await;
    assert_eq!(thread.iter().map(|message| message["body"].clone()).collect::<Vec<_>>(), [json!("c")]);
    assert_eq!(executions(&world, &first).await[0]["reason"]["code"], "automation_disabled");
}

/// Creates an automation that calls a webhook when a conversation is created.
async fn calling(world: &World, position: u32) -> String {
    let body = json!({
        "name": "Call", "trigger": "conversation.created", "position": position,
        "actions": [{ "action": "call_webhook", "url": "https://hooks.example.com" }],
    });
    saved(&world.server_key().post(PATH, &body).await.expect(201))
}

#[tokio::test]
async fn record_of_an_execution_takes_its_own_steps_only() {
    let world = World::new().await;
    let first = noting(&world, "a", json!(1)).await;
    let second = calling(&world, 2).await;
    let _ = conversation(&world).await;
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
    let run = packed(id(&executions(&world, &first).await[0]));
    let row = world.rows().await.into_iter().find(|row| row.sk().ends_with(&run)).expect("the execution");
    assert!(Box::pin(world.deliver_once(Worker::Jobs, &[record(1, None, Some(&row))])).await);
    assert_eq!(executions(&world, &first).await[0]["status"], "succeeded");
    // The records of the second execution are in other lanes, whose workers would take the same step at the same time.
    assert_eq!(executions(&world, &second).await[0]["status"], "queued");
    assert_eq!(world.webhook_servers.take_calls().len(), 0);
    let _ = world.drain_events().await;
    assert_eq!(executions(&world, &second).await[0]["status"], "succeeded");
    assert_eq!(world.webhook_servers.take_calls().len(), 1);
}

#[tokio::test]
async fn execution_that_fails_for_good_releases_the_next_one() {
    let world = World::new().await;
    let first = calling(&world, 1).await;
    let second = noting(&world, "b", json!(2)).await;
    // No execution can call the webhook without the secret.
    let rows = world.rows().await.into_iter();
    let mut stored = rows.filter(|row| !row.0["fields"]["M"]["webhookSecret"].is_null()).collect::<Vec<_>>();
    assert_eq!(stored.len(), 1);
    let _ = stored[0].0["fields"]["M"].as_object_mut().expect("fields").remove("webhookSecret");
    world.put(&stored[0]).await;
    assert_eq!(notes(&world, Delivery::default()).await, ["b"]);
    let run = &executions(&world, &first).await[0];
    assert_eq!((&run["status"], &run["reason"]["code"]), (&json!("failed"), &json!("internal_error")), "{run:#}");
    assert_eq!(executions(&world, &second).await[0]["status"], "succeeded");
    let parked = world.parked();
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!(parked[0]["worker"], "jobs");
}

/// Returns the executions that wait for none, and those that are reached from them, in order.
async fn queued(world: &World) -> (usize, Vec<String>) {
    let rows: Vec<_> =
        world.rows().await.into_iter().filter(|row| row.has("trigger") && row.has("conversationId")).collect();
    let starts: Vec<_> = rows.iter().filter(|row| row.has("job")).collect();
    let automation_of = |row: &Row| row.pk().rsplit('#').next().expect("an id").to_owned();
    let mut reached = Vec::new();
    for start in &starts {
        let mut at = Some(*start);
        while let Some(row) = at {
            reached.push(automation_of(row));
            at = row.get("next").and_then(|next| rows.iter().find(|row| automation_of(row) == packed(next)));
        }
    }
    assert_eq!(reached.len(), rows.len(), "every execution is reached");
    (starts.len(), reached)
}

#[tokio::test]
async fn more_executions_than_fit_into_a_transaction_are_one_chain() {
    let executions: Vec<_> = (1..=150)
        .map(|number| {
            let (automation, origin) = (AutomationId::from_bytes([number; 16]), ExecutionId::from_bytes([9; 16]));
            let id = ExecutionId::of_origin(automation, origin);
            let conversation = ConversationId::from_bytes([1; 16]);
            let queued = Execution::queued(id, automation, conversation, AutomationTrigger::ConversationCreated);
            Execution { origin, ..queued }
        })
        .collect();
    let in_order: Vec<_> = executions.iter().map(|execution| packed(execution.automation_id.to_string())).collect();
    let world = World::new().await;
    world.disable_stream().await;
    let tenant = world.tenant().await;
    for _ in 0..2 {
        tenant.enqueue_executions(executions.clone()).await.expect("they are written");
        assert_eq!(queued(&world).await, (1, in_order.clone()));
    }
    // As if it had been interrupted after the first transaction.
    for row in world.rows().await {
        if in_order[..50].iter().any(|automation| row.pk().ends_with(automation)) {
            world.expire(&row).await;
        }
    }
    tenant.enqueue_executions(executions.clone()).await.expect("the rest is written");
    assert_eq!(queued(&world).await, (1, in_order.clone()));

    // The first ones exist, as runs of an earlier change with the same root cause.
    let world = World::new().await;
    world.disable_stream().await;
    let tenant = world.tenant().await;
    tenant.enqueue_executions(executions[..50].to_vec()).await.expect("they are written");
    tenant.enqueue_executions(executions.clone()).await.expect("the rest is written");
    let (starts, reached) = queued(&world).await;
    assert_eq!((starts, reached.len()), (2, 150));
}
