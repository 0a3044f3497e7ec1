//! Finding and resuming stuck jobs.

use deskless_domain::Clock;
use deskless_store::OpenJob;
use deskless_tests::{Worker, World, minimal_conversation};
use serde_json::json;

#[tokio::test]
async fn job_lost_by_stream_is_found_and_resumed() {
    let world = World::new().await;
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await;
    let tag = |tag: &str| json!({ "action": "tag", "add": [tag] });
    let mut bulk = tag("a");
    (bulk["filter"], bulk["all"]) = (json!({}), json!(true));
    let begun = ours.post("/api/v1/bulk-actions", &bulk).await.expect(202)["bulkAction"].clone();
    let body = json!({ "name": "A", "trigger": "manual", "actions": [tag("b")] });
    let automation = ours.post("/api/v1/automations", &body).await.expect(201)["automation"]["id"].clone();
    let runs = format!("/api/v1/automations/{}/executions", automation.as_str().expect("an id"));
    let _ = ours.post(&runs, &json!({ "conversationId": conversation["id"] })).await.expect(202);
    world.skip_records(Worker::Jobs).await;

    let tenant = world.tenant().await;
    assert_eq!(tenant.list_open_jobs(world.clock.now().plus_seconds(-3600)).await.expect("the open jobs"), []);
    let open = tenant.list_open_jobs(world.clock.now().plus_seconds(3600)).await.expect("the open jobs");
    assert!(matches!(open[..], [OpenJob::Bulk(_), OpenJob::Execution(..)]), "{open:?}");
    for job in open {
        assert!(tenant.retrigger_job(job).await.expect("the job is resumed"));
    }
    let _ = world.drain_events().await;
    let shown = format!("/api/v1/bulk-actions/{}", begun["id"].as_str().expect("an id"));
    assert_eq!(ours.get(&shown).await.expect(200)["bulkAction"]["status"], "succeeded");
    assert_eq!(ours.get(&runs).await.expect(200)["executions"][0]["status"], "succeeded");
    let open = tenant.list_open_jobs(world.clock.now().plus_seconds(3600)).await.expect("the open jobs");
    assert_eq!(open, [], "all jobs are finished");
    world.assert_settled().await;
}

#[tokio::test]
async fn retry_succeeds_after_references_are_deleted() {
    let world = World::new().await;
    let ours = world.server_key();
    let view =
        ours.post("/api/v1/views", &json!({ "name": "All", "filter": {} })).await.expect(201)["view"]["id"].clone();
    let inbox = json!({ "name": "In", "channel": "api" });
    let inbox = ours.post("/api/v1/inboxes", &inbox).await.expect(201)["inbox"]["id"].clone();
    let mut conversation = minimal_conversation();
    conversation["inboxId"] = inbox.clone();
    let bulk = json!({ "action": "tag", "add": ["a"], "viewId": view, "all": true });
    let ask = async |path: &str, body: &serde_json::Value| {
        let ask = ours.ask(http::Method::POST, path).header("idempotency-key", "k");
        ask.json(body).send().await
    };
    let opened = ask("/api/v1/conversations", &conversation).await.expect(201);
    let begun = ask("/api/v1/bulk-actions", &bulk).await.expect(202);
    for path in [
        format!("/api/v1/views/{}", view.as_str().expect("an id")),
        format!("/api/v1/inboxes/{}", inbox.as_str().expect("an id")),
    ] {
        let _ = ours.ask(http::Method::DELETE, &path).send().await.expect(204);
    }
    world.clock.advance_millis(30_000);
    assert_eq!(ask("/api/v1/conversations", &conversation).await.expect(201), opened);
    assert_eq!(ask("/api/v1/bulk-actions", &bulk).await.expect(202), begun);
    let _ = ours.post("/api/v1/conversations", &conversation).await.expect_invalid(&["inboxId"]);
    let _ = ours.post("/api/v1/bulk-actions", &bulk).await.expect_invalid(&["viewId"]);
}
