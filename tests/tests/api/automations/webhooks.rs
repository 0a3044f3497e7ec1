use deskless_tests::World;
use serde_json::{Value, json};

use super::{PATH, conversation, id, run, saved, settle, thread};

const HOOK: &str = "https://hooks.example.com/a?b=c";

/// Creates an automation that calls a webhook between two notes. Returns its path and secret.
async fn caller(world: &World, url: &str) -> (String, String) {
    let actions = json!([{ "action": "note", "body": "1" }, { "action": "call_webhook", "url": url }, { "action": "note", "body": "2" }]);
    let body = json!({ "name": "Tell", "trigger": "manual", "actions": actions });
    let made = world.server_key().post(PATH, &body).await.expect(201);
    (saved(&made), made["webhookSecret"].as_str().expect("a secret").to_owned())
}

#[tokio::test]
async fn webhook_payload_is_complete_and_signed() {
    let world = World::new().await;
    let role = world.server_key();
    let (path, secret) = caller(&world, HOOK).await;
    let conversation = conversation(&world).await;
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    let _ = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    let body = json!({ "conversationId": conversation, "context": { "order": 7 } });
    let queued = role.post(&format!("{path}/executions"), &body).await.expect(202)["execution"].clone();
    settle(&world).await;
    let done = role.get(&format!("{path}/executions/{}", id(&queued))).await.expect(200)["execution"].clone();
    assert_eq!(done["status"], "succeeded", "{done:#}");

    let calls = world.webhook_servers.take_calls();
    let [call] = calls.as_slice() else { panic!("{calls:#?}") };
    assert!(call.head.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{}", call.head);
    assert_eq!((call.header("host"), call.header("content-type")), ("hooks.example.com", "application/json"));
    assert_eq!(call.header("webhook-id"), format!("msg_{}_2", id(&queued)));
    assert!(call.is_signed_with(&secret) && !call.is_signed_with("whsec_AAAA"));
    let told = call.json();
    assert_eq!((&told["type"], &told["timestamp"]), (&json!("automation.webhook"), &queued["createdAt"]));
    let data = &told["data"];
    assert_eq!(data["automation"], json!({ "id": path.rsplit('/').next(), "name": "Tell" }));
    assert_eq!(data["execution"], json!({ "id": queued["id"], "step": 2 }));
    assert_eq!((&data["trigger"], &data["context"]), (&json!("manual"), &json!({ "order": 7 })));
    assert_eq!((&data["conversation"]["id"], &data["customer"]["id"]), (&json!(conversation), &json!("cus_123")));
    let thread = thread(&world, &conversation).await;
    assert_eq!(data["messages"], json!(thread[..2]), "what was there by then, oldest first");
    assert_eq!(data["messagesLeftOut"], 0);
    assert_eq!(thread.len(), 3);
}

#[tokio::test]
async fn webhook_payload_is_capped_at_50_messages_and_64_kb() {
    let world = World::new().await;
    let role = world.server_key();
    let (path, _) = caller(&world, HOOK).await;
    for (count, length) in [(60, 10), (20, 8000)] {
        let conversation = conversation(&world).await;
        let messages = format!("/api/v1/conversations/{conversation}/messages");
        for _ in 0..count {
            let _ = role.post(&messages, &json!({ "body": "x".repeat(length) })).await.expect(201);
        }
        assert_eq!(run(&world, &path, &conversation).await["status"], "succeeded");
        let call = world.webhook_servers.take_calls().remove(0);
        assert!(call.body.len() <= 64 * 1024, "{} bytes", call.body.len());
        let data = call.json()["data"].clone();
        let (told, left_out) = (data["messages"].as_array().expect("messages"), data["messagesLeftOut"].as_u64());
        // The newest message is the note of the previous step.
        let all = thread(&world, &conversation).await;
        let newest = &all[..=count][count + 1 - told.len()..];
        assert_eq!(told, newest);
        if length == 10 {
            assert_eq!((told.len(), left_out), (50, Some(0)));
        } else {
            assert!(call.body.len() > 56 * 1024, "the payload is filled up");
            assert_eq!(told.len() as u64 + left_out.expect("a number"), 21);
        }
    }
}

#[tokio::test]
async fn gone_webhook_ends_run_without_retry() {
    let world = World::new().await;
    world.webhook_servers.respond_with(410);
    let (path, _) = caller(&world, HOOK).await;
    let conversation = conversation(&world).await;
    let done = run(&world, &path, &conversation).await;
    settle(&world).await;
    assert_eq!(done["status"], "failed", "{done:#}");
    let statuses: Vec<_> = done["steps"].as_array().expect("steps").iter().map(|step| &step["status"]).collect();
    assert_eq!(statuses, ["succeeded", "failed", "skipped"]);
    assert_eq!(done["steps"][1]["reason"]["code"], "bad_status");
    assert_eq!(world.webhook_servers.take_calls().len(), 1);
    assert_eq!(thread(&world, &conversation).await.len(), 1);
}

#[tokio::test]
async fn rotated_secret_signs_later_calls() {
    let world = World::new().await;
    let (path, old) = caller(&world, HOOK).await;
    let change = json!({ "rotateWebhookSecret": true });
    let rotated = world.server_key().patch(&path, &change).await.expect(200);
    let new = rotated["webhookSecret"].as_str().expect("a secret");
    let conversation = conversation(&world).await;
    assert_eq!(run(&world, &path, &conversation).await["status"], "succeeded");
    let call = world.webhook_servers.take_calls().remove(0);
    assert!(call.is_signed_with(new) && !call.is_signed_with(&old));
}

#[tokio::test]
async fn webhooks_of_a_run_have_distinct_ids() {
    let world = World::new().await;
    let role = world.server_key();
    let actions: Value =
        (0..20).map(|i| json!({ "action": "call_webhook", "url": format!("https://a{i}.example.com") })).collect();
    let made = role.post(PATH, &json!({ "name": "a", "trigger": "manual", "actions": actions })).await.expect(201);
    let conversation = conversation(&world).await;
    let done = run(&world, &saved(&made), &conversation).await;
    assert_eq!(done["status"], "succeeded");
    let calls = world.webhook_servers.take_calls();
    for (i, call) in calls.iter().enumerate() {
        assert_eq!(call.header("host"), format!("a{i}.example.com"));
        assert_eq!(call.header("webhook-id"), format!("msg_{}_{}", id(&done), i + 1));
    }
    assert_eq!(calls.len(), 20);
}
