//! Webhook calls that fail and are repeated.

use std::time::Duration;

use deskless_domain::{AutomationId, ExecutionId, Timestamp};
use deskless_store::{DeliveryRequest, DeliveryTarget};
use deskless_tests::{Received, Scripted, World};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, conversation, id, run, saved, settle, thread};

const HOOK: &str = "https://hooks.example.com/a";

/// An execution whose second step, of three, calls a webhook.
struct Caller {
    world: World,
    automation: String,
    secret: String,
    conversation: String,
    execution: String,
}

impl Caller {
    /// Runs the automation, against these first responses.
    async fn start(responses: impl IntoIterator<Item = Scripted>) -> Self {
        let world = World::new().await;
        world.webhook_servers.script(HOOK, responses);
        let actions = json!([
            { "action": "note", "body": "1" },
            { "action": "call_webhook", "url": HOOK },
            { "action": "note", "body": "2" },
        ]);
        let body = json!({ "name": "Tell", "trigger": "manual", "actions": actions });
        let made = world.server_key().post(PATH, &body).await.expect(201);
        let (automation, secret) = (saved(&made), made["webhookSecret"].as_str().expect("a secret").to_owned());
        let conversation = conversation(&world).await;
        let execution = id(&run(&world, &automation, &conversation).await).to_owned();
        Self { world, automation, secret, conversation, execution }
    }

    async fn shown(&self) -> Value {
        let path = format!("{}/executions/{}", self.automation, self.execution);
        self.world.server_key().get(&path).await.expect(200)["execution"].clone()
    }

    /// Repeats the call if it is due.
    async fn repeat(&self) {
        let automation = self.automation.rsplit('/').next().expect("an id");
        let target = DeliveryTarget::Call {
            automation: AutomationId::parse(automation).expect("an id"),
            execution: ExecutionId::parse(&self.execution).expect("an id"),
            step: 2,
        };
        let request = DeliveryRequest { workspace: self.world.workspace, target };
        let (store, client) = (self.world.store.clone(), self.world.webhook_servers.client());
        let delivered = deskless_deliveries::handle_with(store, client, Duration::from_mins(1), request).await;
        delivered.expect("DynamoDB responds");
    }

    /// Waits until the call is due, and repeats it.
    async fn repeat_when_due(&self) {
        let step = self.shown().await["steps"][1].clone();
        let due = step["nextAttemptAt"].as_str().unwrap_or_else(|| panic!("nothing is due: {step:#}"));
        self.world.clock.set(Timestamp::parse(due).expect("a time"));
        self.repeat().await;
    }

    fn calls(&self) -> Vec<Received> {
        self.world.webhook_servers.take_calls()
    }

    /// Returns the items of calls that are retried.
    async fn kept(&self) -> Vec<String> {
        let rows = self.world.all_rows().await;
        let kept = rows.iter().filter(|row| row.pk().ends_with("#V#Q") || row.sk().starts_with("Q#"));
        kept.map(|row| format!("{} {}", row.pk(), row.sk())).collect()
    }
}

fn statuses(execution: &Value) -> [&str; 4] {
    let step = |at: usize| execution["steps"][at]["status"].as_str().expect("a status");
    [execution["status"].as_str().expect("a status"), step(0), step(1), step(2)]
}

fn failing(status: u16) -> Scripted {
    Scripted::status(status)
}

#[tokio::test]
async fn failed_call_is_repeated_with_the_same_bytes() {
    let caller = Caller::start([failing(500), Scripted::hang_up()]).await;
    let running = caller.shown().await;
    assert_eq!(statuses(&running), ["running", "succeeded", "retrying", "succeeded"], "{running:#}");
    let step = &running["steps"][1];
    assert_eq!((&step["reason"]["code"], &step["finishedAt"]), (&json!("bad_status"), &Value::Null));
    assert_eq!(thread(&caller.world, &caller.conversation).await.len(), 2, "the other steps are not held back");
    caller.world.assert_settled().await;
    let first = caller.calls().remove(0);

    // Neither the thread nor the automation of a later time is sent.
    let messages = format!("/api/v1/conversations/{}/messages", caller.conversation);
    let _ = caller.world.server_key().post(&messages, &json!({ "body": "Later" })).await.expect(201);
    let rename = json!({ "name": "Renamed", "rotateWebhookSecret": true });
    let renamed = caller.world.server_key().patch(&caller.automation, &rename).await.expect(200);
    let secret = renamed["webhookSecret"].as_str().expect("a secret");
    caller.repeat_when_due().await;
    let step = caller.shown().await["steps"][1].clone();
    assert_eq!((&step["status"], &step["reason"]["code"]), (&json!("retrying"), &json!("bad_answer")), "{step:#}");
    caller.repeat().await;
    assert_eq!(caller.calls().len(), 1, "it is not due yet");

    caller.repeat_when_due().await;
    let done = caller.shown().await;
    assert_eq!(statuses(&done), ["succeeded"; 4], "{done:#}");
    let step = &done["steps"][1];
    assert_eq!((&step["reason"], &step["nextAttemptAt"]), (&Value::Null, &Value::Null));
    assert!(step["finishedAt"].is_string() && done["finishedAt"] == step["finishedAt"], "{done:#}");
    let last = caller.calls().remove(0);
    assert_eq!((&last.body, last.header("webhook-id")), (&first.body, first.header("webhook-id")));
    assert_ne!(last.header("webhook-timestamp"), first.header("webhook-timestamp"));
    assert!(first.is_signed_with(&caller.secret) && !last.is_signed_with(&caller.secret));
    assert!(last.is_signed_with(secret), "the current secret signs");
    assert_eq!(caller.kept().await, Vec::<String>::new());
    settle(&caller.world).await;
    caller.repeat().await;
    assert!(caller.calls().is_empty());
}

#[tokio::test]
async fn last_attempt_fails_the_execution() {
    let caller = Caller::start(vec![failing(500); 20]).await;
    let start = caller.world.webhook_servers.take_calls().remove(0).at;
    let mut last = start;
    for attempt in 2..=11 {
        assert_eq!(statuses(&caller.shown().await)[0], "running", "before attempt {attempt}");
        caller.repeat_when_due().await;
        last = caller.calls().remove(0).at;
    }
    let hours = (last.as_millis() - start.as_millis()) / 3_600_000;
    assert!((76..120).contains(&hours), "{hours} hours");
    let failed = caller.shown().await;
    assert_eq!(statuses(&failed), ["failed", "succeeded", "failed", "succeeded"], "{failed:#}");
    assert_eq!(failed["reason"], json!({ "code": "step_failed", "message": "Step 2 failed." }));
    assert_eq!(failed["steps"][1]["reason"]["code"], "bad_status");
    assert_eq!(caller.kept().await, Vec::<String>::new());
}

#[tokio::test]
async fn retry_after_postpones_the_next_attempt() {
    let asked = failing(503).header("retry-after", "7200");
    let caller = Caller::start([asked, failing(410)]).await;
    let at = caller.calls().remove(0).at;
    let step = caller.shown().await["steps"][1].clone();
    assert_eq!(step["nextAttemptAt"], at.plus_seconds(7200).to_string());
    caller.repeat_when_due().await;
    let failed = caller.shown().await;
    assert_eq!(statuses(&failed)[..3], ["failed", "succeeded", "failed"], "410 ends the retries: {failed:#}");
}

#[tokio::test]
async fn frozen_url_outlives_the_action() {
    let caller = Caller::start([failing(500)]).await;
    let _ = caller.calls();
    let other = json!({ "actions": [{ "action": "call_webhook", "url": "https://other.example.com" }] });
    let _ = caller.world.server_key().patch(&caller.automation, &other).await.expect(200);
    caller.repeat_when_due().await;
    assert_eq!(caller.calls().remove(0).url, HOOK);
    assert_eq!(statuses(&caller.shown().await)[0], "succeeded");
}

#[tokio::test]
async fn deleted_automation_ends_retries() {
    let caller = Caller::start([failing(500)]).await;
    let due = caller.shown().await["steps"][1]["nextAttemptAt"].as_str().expect("a time").to_owned();
    let _ = caller.calls();
    let _ = caller.world.server_key().ask(Method::DELETE, &caller.automation).send().await.expect(204);
    caller.world.clock.set(Timestamp::parse(&due).expect("a time"));
    caller.repeat().await;
    assert!(caller.calls().is_empty());
    assert_eq!(caller.kept().await, Vec::<String>::new());
}

#[tokio::test]
async fn automation_without_webhook_ends_retries() {
    let caller = Caller::start([failing(500)]).await;
    let _ = caller.calls();
    let other = json!({ "actions": [{ "action": "note", "body": "3" }] });
    let _ = caller.world.server_key().patch(&caller.automation, &other).await.expect(200);
    caller.repeat_when_due().await;
    assert!(caller.calls().is_empty());
    assert_eq!(caller.shown().await["steps"][1]["reason"]["code"], "automation_changed");
}

#[tokio::test]
async fn deleted_conversation_takes_its_calls_along() {
    let caller = Caller::start([failing(500)]).await;
    assert_eq!(caller.kept().await.len(), 3, "{:?}", caller.kept().await);
    let path = format!("/api/v1/conversations/{}", caller.conversation);
    let _ = caller.world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    settle(&caller.world).await;
    assert_eq!(caller.kept().await, Vec::<String>::new());
    let failed = caller.shown().await;
    assert_eq!(statuses(&failed), ["failed", "succeeded", "failed", "succeeded"]);
    assert_eq!(failed["steps"][1]["reason"]["code"], "not_found");
    let _ = caller.calls();
    caller.world.clock.advance_millis(3_600_000);
    caller.repeat().await;
    assert!(caller.calls().is_empty());
}

#[tokio::test]
async fn crashed_attempt_is_made_again_after_a_minute() {
    let caller = Caller::start([failing(500)]).await;
    let due = caller.shown().await["steps"][1]["nextAttemptAt"].as_str().expect("a time").to_owned();
    caller.world.clock.set(Timestamp::parse(&due).expect("a time"));
    let _ = caller.calls();
    // It waits a bit longer each time, until it is interrupted between the call and its result.
    for waits in 1.. {
        let attempt = deskless_tests::interrupt_after(Some(waits), Box::pin(caller.repeat())).await;
        assert!(attempt.is_none(), "the attempt was interrupted");
        if !caller.calls().is_empty() {
            break;
        }
        caller.world.clock.advance_millis(60_000);
    }
    caller.repeat().await;
    assert!(caller.calls().is_empty(), "another process does not make the same attempt");
    caller.world.clock.advance_millis(60_000);
    caller.repeat().await;
    assert_eq!(statuses(&caller.shown().await)[0], "succeeded");
}

#[tokio::test]
async fn retries_do_not_hold_back_later_automations() {
    let world = World::new().await;
    world.webhook_servers.respond_with(500);
    let role = world.server_key();
    for (name, action) in [("Tell", json!({ "action": "call_webhook", "url": HOOK })), ("Tag", super::tag("b"))] {
        let body = json!({ "name": name, "trigger": "conversation.created", "actions": [action] });
        let _ = role.post(PATH, &body).await.expect(201);
    }
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    settle(&world).await;
    assert_eq!(super::shown(&world, &conversation).await["tags"], json!(["b"]));
}
