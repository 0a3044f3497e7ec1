use deskless_domain::Scope;
use deskless_tests::{KeyOptions, World, packed};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, UNKNOWN, id, saved};

const HOOK: &str = "https://hooks.example.com/a?b=c";

/// Creates one of each resource that actions and conditions refer to, and returns their IDs.
async fn things(world: &World) -> [String; 5] {
    let role = world.server_key();
    let made = async |path: &str, one: &str, body: Value| {
        role.post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
    };
    let member = made("members", "member", json!({ "name": "a", "email": "a@example.com" })).await;
    let assistant = made("assistants", "assistant", json!({ "name": "a" })).await;
    let pipeline = made("pipelines", "pipeline", json!({ "name": "a", "stages": [{ "name": "a" }] })).await;
    let message = made("predefined-messages", "predefinedMessage", json!({ "title": "a", "content": "Hi" })).await;
    [&member, &assistant, &pipeline, &pipeline["stages"][0], &message].map(|thing| id(thing).to_owned())
}

#[tokio::test]
async fn actions_are_returned_as_saved() {
    let world = World::new().await;
    let [member, assistant, pipeline, stage, message] = things(&world).await;
    let actions = json!([
        { "action": "assign", "assigneeId": member },
        { "action": "assign", "assigneeId": null },
        { "action": "assign_assistant", "assistantId": assistant },
        { "action": "update_status", "status": "solved", "resolution": "closed" },
        { "action": "move", "pipelineId": pipeline, "stageId": stage },
        { "action": "tag", "add": ["a"], "remove": ["b"] },
        { "action": "reply", "predefinedMessageId": message },
        { "action": "note", "body": "Two\nlines" },
        { "action": "call_webhook", "url": HOOK },
        { "action": "delete", "reason": "spam" },
    ]);
    let conditions = json!({ "assigneeId": member, "assistantId": "none", "stageId": stage, "unread": true });
    let body = json!({ "name": "All", "enabled": false, "trigger": "message.created", "conditions": conditions, "actions": actions });
    let made = world.server_key().post(PATH, &body).await.expect(201);
    let automation = &made["automation"];
    for field in ["name", "enabled", "trigger", "conditions", "actions"] {
        assert_eq!(automation[field], body[field], "{field}");
    }
    assert_eq!((&automation["object"], &automation["hasWebhookSecret"]), (&json!("automation"), &json!(true)));
    let got = world.server_key().get(&saved(&made)).await.expect(200);
    assert_eq!(got, json!({ "automation": automation }));
}

#[tokio::test]
async fn omitted_fields_have_defaults() {
    let world = World::new().await;
    let body = json!({ "name": "a", "trigger": "manual", "actions": [{ "action": "note", "body": "a" }] });
    let made = world.server_key().post(PATH, &body).await.expect(201);
    assert_eq!((&made["automation"]["enabled"], &made["automation"]["conditions"]), (&json!(true), &json!({})));
    assert_eq!((&made["automation"]["hasWebhookSecret"], &made["webhookSecret"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let role = world.server_key();
    let post = async |trigger: &str, conditions: Value, actions: Value| {
        role.post(PATH, &json!({ "name": "a", "trigger": trigger, "conditions": conditions, "actions": actions })).await
    };
    let note = json!([{ "action": "note", "body": "a" }]);
    let _ = post("never", json!({}), note.clone()).await.expect_invalid(&["trigger"]);
    let _ = post("manual", json!({ "colour": "red", "status": "old" }), note)
        .await
        .expect_invalid(&["conditions.colour", "conditions.status"]);
    let actions = json!([
        { "action": "note" },
        { "action": "dance" },
        { "action": "note", "body": "a", "url": HOOK },
        { "action": "call_webhook", "url": "http://hooks.example.com" },
        { "action": "reply", "predefinedMessageId": "x" },
        { "body": "a" },
        "note",
        { "action": "tag" },
    ]);
    let _ = post("manual", json!({}), actions).await.expect_invalid(&[
        "actions[0].body",
        "actions[1].action",
        "actions[2].url",
        "actions[3].url",
        "actions[4].predefinedMessageId",
        "actions[5].action",
        "actions[6]",
        "actions[7].add",
    ]);
    let wrong = post("manual", json!({}), json!([{ "action": "dance" }])).await.expect_invalid(&["actions[0].action"]);
    assert!(wrong["error"].as_str().is_some_and(|text| text.contains("assign") && text.contains("call_webhook")));
    for actions in [json!([]), json!(null), json!({}), (0..21).map(|_| super::tag("a")).collect()] {
        let _ = post("manual", json!({}), actions).await.expect_invalid(&["actions"]);
    }
    let large: Value = (0..9).map(|_| json!({ "action": "note", "body": "x".repeat(8000) })).collect();
    let wrong = post("manual", json!({}), large).await.expect_invalid(&["actions"]);
    assert!(wrong["error"].as_str().is_some_and(|text| text.contains("64 KiB")), "{wrong}");
}

#[tokio::test]
async fn references_must_exist_in_the_workspace() {
    let world = World::new().await;
    let [member, assistant, pipeline, stage, message] = things(&world).await;
    let body = |member: &str, assistant: &str, pipeline: &str, stage: &str, message: &str| {
        json!({
            "name": "a", "trigger": "manual",
            "conditions": { "assigneeId": member, "assistantId": assistant, "pipelineId": pipeline, "stageId": stage },
            "actions": [
                { "action": "note", "body": "a" },
                { "action": "assign", "assigneeId": member },
                { "action": "assign_assistant", "assistantId": assistant },
                { "action": "move", "pipelineId": pipeline, "stageId": stage },
                { "action": "reply", "predefinedMessageId": message },
            ],
        })
    };
    let all = [
        "conditions.assigneeId",
        "conditions.assistantId",
        "conditions.pipelineId",
        "conditions.stageId",
        "actions[1].assigneeId",
        "actions[2].assistantId",
        "actions[3].pipelineId",
        "actions[3].stageId",
        "actions[4].predefinedMessageId",
    ];
    let ours = body(&member, &assistant, &pipeline, &stage, &message);
    let unknown = body(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN);
    let mut foreign = world.other_workspace().post(PATH, &ours).await.expect_invalid(&all);
    let mut nothing = world.server_key().post(PATH, &unknown).await.expect_invalid(&all);
    (foreign["requestId"], nothing["requestId"]) = (Value::Null, Value::Null);
    assert_eq!(foreign, nothing);
    let once = || world.server_key().ask(Method::POST, PATH).header("idempotency-key", "k").json(&ours).send();
    let made = once().await.expect(201);
    let change = json!({ "conditions": unknown["conditions"], "actions": unknown["actions"] });
    let _ = world.server_key().patch(&saved(&made), &change).await.expect_invalid(&all);
    let archived = format!("/api/v1/members/{member}");
    let _ = world.server_key().ask(Method::DELETE, &archived).send().await.expect(204);
    // The caches of a process last up to 30 seconds.
    world.clock.advance_millis(30_000);
    let assign = json!({ "actions": [{ "action": "assign", "assigneeId": member }] });
    let _ = world.server_key().patch(&saved(&made), &assign).await.expect_invalid(&["actions[0].assigneeId"]);
    let _ =
        world.server_key().post(PATH, &ours).await.expect_invalid(&["conditions.assigneeId", "actions[1].assigneeId"]);
    assert_eq!(once().await.expect(201), made, "a retry returns the same response");
    // References that are not sent again are not checked again.
    let _ = world.server_key().patch(&saved(&made), &json!({ "name": "b" })).await.expect(200);
}

#[tokio::test]
async fn automation_actions_require_the_callers_scopes() {
    let world = World::new().await;
    let [.., message] = things(&world).await;
    let note = json!([{ "action": "note", "body": "a" }]);
    let reply = json!([{ "action": "reply", "predefinedMessageId": message }]);
    let hook = json!([{ "action": "call_webhook", "url": HOOK }]);
    let body = |actions: &Value| json!({ "name": "a", "trigger": "manual", "actions": actions });
    let conversation = super::conversation(&world).await;
    for (actions, lacking) in [
        (&note, Scope::WriteConversations),
        (&reply, Scope::WriteConversations),
        (&reply, Scope::ReadReplies),
        (&hook, Scope::ReadConversations),
    ] {
        let made = world.server_key().post(PATH, &body(actions)).await.expect(201);
        let path = saved(&made);
        let scopes = Scope::ALL.iter().copied().filter(|&scope| scope != lacking).collect();
        let limited = world.make_key(KeyOptions { scopes, ..KeyOptions::default() }).await;
        let limited = world.with_key(&limited);
        let refused = limited.post(PATH, &body(actions)).await.expect_problem(403, "forbidden");
        assert!(refused["error"].as_str().is_some_and(|text| text.contains(lacking.as_str())), "{refused}");
        let _ = limited.patch(&path, &json!({ "enabled": true })).await.expect_problem(403, "forbidden");
        let run = json!({ "conversationId": conversation });
        let _ = limited.post(&format!("{path}/executions"), &run).await.expect_problem(403, "forbidden");
        // A caller may save actions that its own scopes allow.
        let other = if actions == &hook { &note } else { &hook };
        let _ = limited.post(PATH, &body(other)).await.expect(201);
        let _ = limited.patch(&path, &json!({ "actions": other })).await.expect(200);
        let _ = limited.get(&path).await.expect(200);
        let _ = limited.ask(Method::DELETE, &path).send().await.expect(204);
    }
}

#[tokio::test]
async fn webhook_secret_is_shown_once() {
    let world = World::new().await;
    let role = world.server_key();
    let hook = json!([{ "action": "call_webhook", "url": HOOK }]);
    let note = json!([{ "action": "note", "body": "a" }]);
    let body = json!({ "name": "a", "trigger": "manual", "actions": hook });
    let ask = || role.ask(Method::POST, PATH).header("idempotency-key", "k").json(&body);
    let first = ask().send().await.expect(201);
    let secret = first["webhookSecret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 54);
    let again = ask().send().await.expect(201);
    assert_eq!((&again["automation"], &again["webhookSecret"]), (&first["automation"], &Value::Null));
    let path = saved(&first);
    let shown = role.get(&path).await.expect(200).to_string() + &role.get(PATH).await.expect(200).to_string();
    assert!(!shown.contains(&secret));
    let changed = async |change: Value| role.patch(&path, &change).await.expect(200);
    assert_eq!(changed(json!({ "name": "b" })).await["webhookSecret"], Value::Null);
    assert_eq!(changed(json!({ "rotateWebhookSecret": false })).await["webhookSecret"], Value::Null);
    let rotated = changed(json!({ "rotateWebhookSecret": true })).await["webhookSecret"].clone();
    assert!(rotated.is_string() && rotated != secret);
    let stored = world.rows().await.into_iter().filter(|row| row.0.to_string().contains(&secret)).count();
    assert_eq!(stored, 0, "the old secret is removed, and no stored response contains it");
    // A webhook secret exists only while there is a webhook action.
    let without = changed(json!({ "actions": note, "rotateWebhookSecret": true })).await;
    assert_eq!((&without["automation"]["hasWebhookSecret"], &without["webhookSecret"]), (&json!(false), &Value::Null));
    let with = changed(json!({ "actions": hook })).await;
    assert_eq!(with["automation"]["hasWebhookSecret"], true);
    assert!(with["webhookSecret"].is_string() && with["webhookSecret"] != rotated);
}

#[tokio::test]
async fn workspace_holds_at_most_100_automations() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({ "name": "a", "trigger": "manual", "actions": [{ "action": "note", "body": "a" }] });
    let made = role.post(PATH, &body).await.expect(201);
    let row = world.rows().await.into_iter().find(|row| row.pk().ends_with("#O")).expect("the stored item");
    let rows: Vec<_> = (1..100)
        .map(|i| {
            let mut another = row.clone();
            another.0["sk"] = json!({ "S": packed(format!("01900000-0000-7000-8000-{i:012}")) });
            another
        })
        .collect();
    world.plant(&rows).await;
    let full = role.post(PATH, &body).await.expect_problem(409, "conflict");
    assert!(full["error"].as_str().is_some_and(|text| text.contains("at most 100 automations")), "{full}");
    let _ = role.ask(Method::DELETE, &saved(&made)).send().await.expect(204);
    let _ = role.post(PATH, &body).await.expect(201);
}
