//! Filters in bodies: what matches every conversation must be said, and `null` is no filter.

use deskless_tests::World;
use serde_json::{Value, json};

use super::bulk_actions::{PATH, opened};

/// Every filter, with a value that is valid in a query and not in a body, or `null`.
const FIELDS: [&str; 19] = [
    "status",
    "resolution",
    "channel",
    "customerId",
    "customerEmail",
    "externalId",
    "assigneeId",
    "assistantId",
    "inboxId",
    "pipelineId",
    "stageId",
    "priority",
    "tag",
    "escalated",
    "unread",
    "awaitingReply",
    "snoozed",
    "createdAfter",
    "createdBefore",
];

#[tokio::test]
async fn empty_filter_needs_all() {
    let world = World::new().await;
    let ours = world.server_key();
    let _ = opened(&ours, 2).await;
    let before = world.rows().await.len();
    let view = json!({ "name": "All", "filter": {} });
    let view = ours.post("/api/v1/views", &view).await.expect(201)["view"]["id"].clone();
    for target in [json!({ "filter": {} }), json!({ "viewId": view })] {
        for dry_run in [false, true] {
            let mut body = target.clone();
            (body["action"], body["dryRun"]) = (json!("delete"), json!(dry_run));
            let problem = ours.post(PATH, &body).await.expect_invalid(&["all"]);
            assert!(problem["error"].as_str().is_some_and(|text| text.contains("every conversation")), "{problem}");
            body["all"] = json!(false);
            let _ = ours.post(PATH, &body).await.expect_invalid(&["all"]);
        }
    }
    assert_eq!(world.rows().await.len(), before + 2, "only the view and its entry of the audit log were written");
    for target in [json!({ "filter": { "status": "open" } }), json!({ "conversationIds": [view] })] {
        let mut body = target.clone();
        (body["action"], body["all"]) = (json!("delete"), json!(true));
        let _ = ours.post(PATH, &body).await.expect_invalid(&["all"]);
    }
    let _ = ours.post(PATH, &json!({ "action": "delete", "all": true })).await.expect_invalid(&[""]);
    let _ = ours.post(PATH, &json!({ "action": "delete", "filter": {}, "all": "true" })).await.expect_invalid(&["all"]);
    let all = json!({ "action": "tag", "add": ["a"], "filter": {}, "all": true });
    let _ = ours.post(PATH, &all).await.expect(202);
}

#[tokio::test]
async fn null_is_refused_in_every_filter() {
    let world = World::new().await;
    let ours = world.server_key();
    let nulls: Value = FIELDS.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
    let note = json!([{ "action": "note", "body": "a" }]);
    let automation = json!({ "name": "a", "trigger": "manual", "actions": note });
    let made = ours.post("/api/v1/automations", &automation).await.expect(201);
    let made = format!("/api/v1/automations/{}", made["automation"]["id"].as_str().expect("an id"));
    let view = ours.post("/api/v1/views", &json!({ "name": "a", "filter": {} })).await.expect(201);
    let view = format!("/api/v1/views/{}", view["view"]["id"].as_str().expect("an id"));
    let named = |within: &str| FIELDS.iter().map(|field| format!("{within}.{field}")).collect::<Vec<_>>();
    let assert_refused = |answer: deskless_tests::TestResponse, within: &str| {
        let (expected, problem) = (named(within), answer.expect_problem(400, "invalid_request"));
        let errors = problem["errors"].as_array().expect("errors").clone();
        let mut found: Vec<_> =
            errors.iter().map(|error| error["field"].as_str().expect("a name").to_owned()).collect();
        let mut wanted = expected;
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
        let explains = |error: &Value| error["message"].as_str().is_some_and(|text| text.contains("Leave it out"));
        assert!(errors.iter().all(explains), "{problem}");
    };
    assert_refused(ours.post(PATH, &json!({ "action": "delete", "filter": nulls })).await, "filter");
    assert_refused(ours.post("/api/v1/views", &json!({ "name": "a", "filter": nulls })).await, "filter");
    assert_refused(ours.patch(&view, &json!({ "filter": nulls })).await, "filter");
    let mut body = automation.clone();
    body["conditions"] = nulls.clone();
    assert_refused(ours.post("/api/v1/automations", &body).await, "conditions");
    assert_refused(ours.patch(&made, &json!({ "conditions": nulls })).await, "conditions");
    body["conditions"] = Value::Null;
    let _ = ours.post("/api/v1/automations", &body).await.expect_invalid(&["conditions"]);
}

#[tokio::test]
async fn booleans_in_bodies_are_no_texts() {
    let world = World::new().await;
    let ours = world.server_key();
    for field in ["escalated", "unread", "awaitingReply", "snoozed"] {
        let at = format!("filter.{field}");
        for wrong in [json!("true"), json!("false"), json!(1)] {
            let body = json!({ "action": "delete", "filter": { field: wrong } });
            let _ = ours.post(PATH, &body).await.expect_invalid(&[&at]);
        }
        let body = json!({ "action": "tag", "add": ["a"], "filter": { field: true } });
        let _ = ours.post(PATH, &body).await.expect(202);
        let _ = ours.get(&format!("/api/v1/conversations?{field}=true")).await.expect(200);
        let _ = ours.get(&format!("/api/v1/conversations?{field}=1")).await.expect_invalid(&[field]);
    }
}

#[tokio::test]
async fn address_of_too_many_customers_selects_nothing() {
    let world = World::new().await;
    let ours = world.server_key();
    let filter = json!({ "customerEmail": "info@example.com" });
    let early = json!({ "action": "tag", "add": ["a"], "filter": filter });
    let early = ours.post(PATH, &early).await.expect(202);
    for i in 0..101 {
        let customer = json!({ "id": format!("c{i}"), "email": "info@example.com" });
        let _ = ours.post("/api/v1/customers", &customer).await.expect(201);
    }
    let _ = world.drain_events().await;
    let path = format!("{PATH}/{}", early["bulkAction"]["id"].as_str().expect("an id"));
    assert_eq!(ours.get(&path).await.expect(200)["bulkAction"]["status"], "failed");
    let view = json!({ "name": "Info", "filter": filter });
    let view = ours.post("/api/v1/views", &view).await.expect(201)["view"]["id"].clone();
    for dry_run in [false, true] {
        let late = json!({ "action": "tag", "add": ["a"], "filter": filter, "dryRun": dry_run });
        let _ = ours.post(PATH, &late).await.expect_invalid(&["filter.customerEmail"]);
        let late = json!({ "action": "tag", "add": ["a"], "viewId": view, "dryRun": dry_run });
        let _ = ours.post(PATH, &late).await.expect_invalid(&["viewId"]);
    }
    let listed = ours.get(PATH).await.expect(200);
    assert_eq!(listed["bulkActions"].as_array().map(Vec::len), Some(1));
    world.assert_settled().await;
}
