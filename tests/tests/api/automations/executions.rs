use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{UNKNOWN, automation, conversation, executions, id, run, settle, shown, tag};
use crate::workspace_support::assert_pages;

#[tokio::test]
async fn manual_run_is_queued_and_shows_its_steps() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "manual", json!([tag("a"), { "action": "update_status", "status": "solved" }])).await;
    let conversation = conversation(&world).await;
    let body = json!({ "conversationId": conversation, "context": { "order": 7 } });
    let answer = role.post(&format!("{path}/executions"), &body).await;
    let location = answer.header("location").expect("a location").to_owned();
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let queued = answer.expect(202)["execution"].clone();
    let wanted = json!({
        "object": "execution", "id": queued["id"], "automationId": path.rsplit('/').next(),
        "conversationId": conversation, "trigger": "manual", "status": "queued", "reason": null,
        "context": { "order": 7 }, "steps": [], "createdAt": queued["createdAt"], "startedAt": null, "finishedAt": null,
    });
    assert_eq!(queued, wanted);
    assert_eq!(location, format!("{path}/executions/{}", id(&queued)));
    assert_eq!(role.get(&location).await.expect(200)["execution"], queued);

    let _ = world.drain_events().await;
    let answer = role.get(&location).await;
    let tag = answer.header("etag").expect("a version").to_owned();
    let done = answer.expect(200)["execution"].clone();
    let at = done["finishedAt"].clone();
    assert!(at.is_string() && done["startedAt"].is_string());
    assert_eq!((&done["status"], &done["reason"]), (&json!("succeeded"), &Value::Null));
    let step = |action| json!({ "action": action, "status": "succeeded", "reason": null, "nextAttemptAt": null, "finishedAt": at });
    assert_eq!(done["steps"], json!([step("tag"), step("update_status")]));
    let known = role.ask(Method::GET, &location).header("if-none-match", &tag).send().await;
    assert_eq!(known.status.as_u16(), 304);

    let now = shown(&world, &conversation).await;
    assert_eq!((&now["status"], &now["tags"]), (&json!("solved"), &json!(["a"])));
    world.assert_settled().await;
    let unfinished = world.rows().await.into_iter().filter(|row| row.get("job").is_some()).count();
    assert_eq!(unfinished, 0, "no item requests a worker");
}

#[tokio::test]
async fn manual_run_ignores_trigger_conditions_and_enabled() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "conversation.created", json!([tag("a")])).await;
    let change = json!({ "enabled": false, "conditions": { "status": "solved" } });
    let _ = role.patch(&path, &change).await.expect(200);
    let conversation = conversation(&world).await;
    assert_eq!(run(&world, &path, &conversation).await["status"], "succeeded");
    assert_eq!(shown(&world, &conversation).await["tags"], json!(["a"]));
}

#[tokio::test]
async fn idempotency_key_starts_one_run() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "manual", json!([{ "action": "note", "body": "a" }])).await;
    let conversation = conversation(&world).await;
    let runs = format!("{path}/executions");
    let ask = |id: &str| {
        let body = json!({ "conversationId": id });
        role.ask(Method::POST, &runs).header("idempotency-key", "k").json(&body).send()
    };
    let first = ask(&conversation).await;
    let again = ask(&conversation).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.expect(202), again.expect(202));
    let _ = ask(UNKNOWN).await.expect_invalid(&["conversationId"]);
    assert_eq!(executions(&world, &path).await.len(), 1);
    // The stored response is deleted with the conversation.
    let _ = role.ask(Method::DELETE, &format!("/api/v1/conversations/{conversation}")).send().await.expect(204);
    let _ = ask(&conversation).await.expect_invalid(&["conversationId"]);
    assert_eq!(executions(&world, &path).await.len(), 1);
}

#[tokio::test]
async fn missing_automation_or_conversation_cannot_run() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "manual", json!([tag("a")])).await;
    let theirs = automation(&world.other_workspace(), "manual", json!([tag("a")])).await;
    let ours = conversation(&world).await;
    let foreign = id(&world.other_workspace().open(&deskless_tests::minimal_conversation()).await).to_owned();
    let deleted = conversation(&world).await;
    let _ = role.ask(Method::DELETE, &format!("/api/v1/conversations/{deleted}")).send().await.expect(204);
    let post = async |path: &str, body: Value| role.post(&format!("{path}/executions"), &body).await;
    let mut answers = Vec::new();
    for absent in [UNKNOWN, &foreign, &deleted] {
        let mut wrong = post(&path, json!({ "conversationId": absent })).await.expect_invalid(&["conversationId"]);
        wrong["requestId"] = Value::Null;
        answers.push(wrong);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    for absent in [&theirs, &format!("{}/{UNKNOWN}", super::PATH), &format!("{}/x", super::PATH)] {
        let _ = post(absent, json!({ "conversationId": ours })).await.expect_problem(404, "not_found");
        let _ = role.get(&format!("{absent}/executions")).await.expect_problem(404, "not_found");
        let _ = role.get(&format!("{absent}/executions/{UNKNOWN}")).await.expect_problem(404, "not_found");
    }
    for (body, field) in [
        (json!({}), "conversationId"),
        (json!({ "conversationId": "x" }), "conversationId"),
        (json!({ "conversationId": ours, "context": [] }), "context"),
        (json!({ "conversationId": ours, "context": { "k": "x".repeat(5000) } }), "context"),
        (json!({ "conversationId": ours, "priority": "high" }), "priority"),
    ] {
        let _ = post(&path, body).await.expect_invalid(&[field]);
    }
    let _ = role.get(&format!("{path}/executions/{UNKNOWN}")).await.expect_problem(404, "not_found");
    let _ = role.get(&format!("{path}/executions/x")).await.expect_problem(404, "not_found");
    assert_eq!(executions(&world, &path).await, Vec::<Value>::new());
}

#[tokio::test]
async fn runs_are_listed_newest_first_for_30_days() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "manual", json!([tag("a")])).await;
    let other = automation(&role, "manual", json!([tag("a")])).await;
    let conversation = conversation(&world).await;
    let runs = format!("{path}/executions");
    let mut wanted = Vec::new();
    for _ in 0..5 {
        let body = json!({ "conversationId": conversation });
        wanted.insert(0, role.post(&runs, &body).await.expect(202)["execution"].clone());
    }
    let _ = role.post(&format!("{other}/executions"), &json!({ "conversationId": conversation })).await.expect(202);
    assert_pages(&role, &runs, "executions", &wanted).await;
    let page = role.get(&format!("{runs}?limit=1")).await.expect(200);
    let foreign = format!("{other}/executions?cursor={}", page["nextCursor"].as_str().expect("a cursor"));
    let _ = role.get(&foreign).await.expect_problem(400, "invalid_cursor");
    // Expired runs are hidden before DynamoDB deletes them.
    world.clock.advance_millis(30 * 24 * 60 * 60 * 1000 - 12_000);
    assert!(executions(&world, &path).await.len() < 5);
    world.clock.advance_millis(60_000);
    assert_eq!(executions(&world, &path).await, Vec::<Value>::new());
    let _ = role.get(&format!("{runs}/{}", id(&wanted[0]))).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn queued_run_uses_latest_automation() {
    let world = World::new().await;
    let role = world.server_key();
    let conversation = conversation(&world).await;
    let queue = async |path: &str| {
        let body = json!({ "conversationId": conversation });
        let queued = role.post(&format!("{path}/executions"), &body).await.expect(202);
        format!("{path}/executions/{}", id(&queued["execution"]))
    };
    let changed = automation(&role, "manual", json!([tag("old")])).await;
    let run = queue(&changed).await;
    let _ = role.patch(&changed, &json!({ "actions": [tag("new")] })).await.expect(200);
    let deleted = automation(&role, "manual", json!([tag("never")])).await;
    let _ = queue(&deleted).await;
    let _ = role.ask(Method::DELETE, &deleted).send().await.expect(204);
    settle(&world).await;
    assert_eq!(role.get(&run).await.expect(200)["execution"]["status"], "succeeded");
    assert_eq!(shown(&world, &conversation).await["tags"], json!(["new"]));
    assert!(!world.rows().await.iter().any(|row| row.get("job").is_some()));
}

#[tokio::test]
async fn run_on_deleted_conversation_is_skipped() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "manual", json!([tag("a")])).await;
    let conversation = conversation(&world).await;
    let _ = role.post(&format!("{path}/executions"), &json!({ "conversationId": conversation })).await.expect(202);
    let _ = role.ask(Method::DELETE, &format!("/api/v1/conversations/{conversation}")).send().await.expect(204);
    settle(&world).await;
    let skipped = &executions(&world, &path).await[0];
    assert_eq!((&skipped["status"], &skipped["reason"]["code"]), (&json!("skipped"), &json!("conversation_deleted")));
    assert!(skipped["startedAt"].is_null() && skipped["finishedAt"].is_string());
}
