//! Bulk actions on listed conversation IDs.

use deskless_domain::{KeyKind, Scope};
use deskless_tests::{KeyOptions, Role, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/bulk-actions";
const CONVERSATIONS: &str = "/api/v1/conversations";
const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

/// Creates this many conversations and returns their IDs in order.
pub async fn opened(role: &Role<'_>, count: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(role.open(&minimal_conversation()).await["id"].clone());
    }
    ids
}

pub async fn conversation(role: &Role<'_>, id: &Value) -> Value {
    let path = format!("{CONVERSATIONS}/{}", id.as_str().expect("an id"));
    role.get(&path).await.expect(200)["conversation"].clone()
}

/// Adds `conversationIds` to an action.
fn on(ids: &[Value], mut action: Value) -> Value {
    action["conversationIds"] = json!(ids);
    action
}

/// Returns status, matched, processed and failed.
pub fn counts(bulk: &Value) -> (&str, u64, u64, u64) {
    let number = |name: &str| bulk[name].as_u64().unwrap_or_else(|| panic!("{name}: {bulk:#}"));
    (
        bulk["status"].as_str().expect("a status"),
        number("matchedCount"),
        number("processedCount"),
        number("failedCount"),
    )
}

async fn made(role: &Role<'_>, path: &str, one: &str, body: Value) -> Value {
    role.post(&format!("/api/v1/{path}"), &body).await.expect(201)[one].clone()
}

#[tokio::test]
async fn small_bulk_action_finishes_before_response() {
    let world = World::new().await;
    let ours = world.server_key();
    let member = made(&ours, "members", "member", json!({ "name": "a", "email": "a@example.com" })).await["id"].clone();
    let robot = made(&ours, "assistants", "assistant", json!({ "name": "a" })).await["id"].clone();
    let pipeline = made(&ours, "pipelines", "pipeline", json!({ "name": "a", "stages": [{ "name": "a" }] })).await;
    let stage = &pipeline["stages"][0]["id"];
    let ids = opened(&ours, 3).await;
    for (action, field, value) in [
        (json!({ "action": "assign", "assigneeId": member }), "assigneeId", member.clone()),
        (json!({ "action": "assign", "assigneeId": null }), "assigneeId", Value::Null),
        (json!({ "action": "assign_assistant", "assistantId": robot }), "assistantId", robot.clone()),
        (json!({ "action": "assign_assistant", "assistantId": null }), "assistantId", Value::Null),
        (json!({ "action": "update_status", "status": "waiting" }), "status", json!("waiting")),
        (json!({ "action": "update_status", "status": "solved" }), "resolution", json!("resolved")),
        (
            json!({ "action": "update_status", "status": "solved", "resolution": "closed" }),
            "resolution",
            json!("closed"),
        ),
        (json!({ "action": "move", "pipelineId": pipeline["id"], "stageId": stage }), "stageId", stage.clone()),
        (json!({ "action": "tag", "add": ["a", "b"] }), "tags", json!(["a", "b"])),
        (json!({ "action": "tag", "add": ["c"], "remove": ["a", "x"] }), "tags", json!(["b", "c"])),
    ] {
        let answer = ours.post(PATH, &on(&ids[..2], action.clone())).await;
        let tag = answer.header("etag").expect("a tag").to_owned();
        let bulk = answer.expect(200)["bulkAction"].clone();
        assert_eq!(counts(&bulk), ("succeeded", 2, 2, 0), "{action}");
        assert_eq!((&bulk["action"], &bulk["exact"], &bulk["results"]), (&action["action"], &json!(true), &json!([])));
        assert!(bulk["finishedAt"].is_string() && bulk["dryRun"] == false && bulk["filter"].is_null());
        for id in &ids[..2] {
            assert_eq!(conversation(&ours, id).await[field], value, "{action}");
        }
        let path = format!("{PATH}/{}", bulk["id"].as_str().expect("an id"));
        let shown = ours.get(&path).await;
        assert_eq!(shown.header("etag"), Some(tag.as_str()));
        assert_eq!(shown.expect(200)["bulkAction"], bulk);
        let known = ours.ask(Method::GET, &path).header("if-none-match", &tag).send().await;
        assert_eq!(known.status, 304);
    }
    let untouched = ours.get(&format!("{CONVERSATIONS}/{}", ids[2].as_str().expect("an id"))).await;
    assert_eq!(untouched.header("etag"), Some("\"1\""));
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn parameters_are_returned_as_sent() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 1).await;
    for (action, parameters) in [
        (json!({ "action": "assign", "assigneeId": null }), json!({ "assigneeId": null })),
        (json!({ "action": "update_status", "status": "open" }), json!({ "status": "open", "resolution": null })),
        (json!({ "action": "tag", "remove": ["a"] }), json!({ "add": [], "remove": ["a"] })),
        (json!({ "action": "delete", "reason": "spam" }), json!({ "reason": "spam" })),
    ] {
        let bulk = ours.post(PATH, &on(&ids, action)).await.expect(200);
        assert_eq!(bulk["bulkAction"]["parameters"], parameters);
    }
}

#[tokio::test]
async fn bulk_delete_frees_external_ids_and_is_audited() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["externalId"] = json!("ticket_7");
    let named = ours.open(&body).await["id"].clone();
    let mut ids = opened(&ours, 2).await;
    ids.push(named);
    let bulk = ours.post(PATH, &on(&ids, json!({ "action": "delete", "reason": "spam" }))).await.expect(200);
    assert_eq!(counts(&bulk["bulkAction"]), ("succeeded", 3, 3, 0));
    for id in &ids {
        let path = format!("{CONVERSATIONS}/{}", id.as_str().expect("an id"));
        let _ = ours.get(&path).await.expect_problem(404, "not_found");
    }
    let _ = ours.open(&body).await;
    let audit = format!("{}#L", world.prefix());
    let rows = world.rows().await;
    let kept: Vec<_> =
        rows.iter().filter(|row| row.pk() == audit && row.get("action") == Some("conversation.deleted")).collect();
    let key = world.key().key.id.to_string();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|row| row.get("reason") == Some("spam") && row.get("keyId") == Some(&key)));
    let _ = world.drain_events().await;
    world.assert_settled().await;
    let again = ours.post(PATH, &on(&ids, json!({ "action": "delete" }))).await.expect(200);
    assert_eq!(counts(&again["bulkAction"]), ("succeeded", 3, 3, 3), "deleted conversations cannot be deleted again");
}

#[tokio::test]
async fn unchanged_conversation_is_processed_not_written() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 2).await;
    let solve = on(&ids, json!({ "action": "update_status", "status": "solved" }));
    let _ = ours.post(PATH, &solve).await.expect(200);
    let path = format!("{CONVERSATIONS}/{}", ids[0].as_str().expect("an id"));
    let before = ours.get(&path).await;
    for action in [
        json!({ "action": "update_status", "status": "solved" }),
        json!({ "action": "update_status", "status": "solved", "resolution": "resolved" }),
        json!({ "action": "assign", "assigneeId": null }),
        json!({ "action": "assign_assistant", "assistantId": null }),
        json!({ "action": "tag", "remove": ["nothing"] }),
    ] {
        let bulk = ours.post(PATH, &on(&ids, action)).await.expect(200);
        assert_eq!(counts(&bulk["bulkAction"]), ("succeeded", 2, 2, 0));
    }
    assert_eq!(ours.get(&path).await.bytes, before.bytes);
    world.assert_sound().await;
}

#[tokio::test]
async fn unknown_ids_fail_and_duplicates_count_once() {
    let world = World::new().await;
    let ours = world.server_key();
    let foreign = world.other_workspace().open(&minimal_conversation()).await["id"].clone();
    let before = world.foreign_rows().await;
    let id = opened(&ours, 1).await.remove(0);
    let ids = [id.clone(), foreign.clone(), json!(UNKNOWN), id.clone()];
    let bulk = ours.post(PATH, &on(&ids, json!({ "action": "tag", "add": ["a"] }))).await.expect(200);
    let bulk = &bulk["bulkAction"];
    assert_eq!(counts(bulk), ("succeeded", 3, 3, 2));
    let text = "The conversation was not found in this workspace.";
    let failure = |id: &Value| json!({ "id": id, "code": "not_found", "text": text });
    assert_eq!(bulk["results"], json!([failure(&foreign), failure(&json!(UNKNOWN))]));
    assert_eq!(world.foreign_rows().await, before);
    world.assert_sound().await;
}

#[tokio::test]
async fn exceeding_20_tags_fails_without_change() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut full = minimal_conversation();
    full["tags"] = (0..20).map(|i| i.to_string()).collect();
    let full = ours.open(&full).await["id"].clone();
    let mut ids = opened(&ours, 1).await;
    ids.push(full.clone());
    let bulk = ours.post(PATH, &on(&ids, json!({ "action": "tag", "add": ["x"] }))).await.expect(200);
    assert_eq!(counts(&bulk["bulkAction"]), ("succeeded", 2, 2, 1));
    let failure =
        json!({ "id": full, "code": "too_many_tags", "text": "The conversation would have more than 20 tags." });
    assert_eq!(bulk["bulkAction"]["results"], json!([failure]));
    assert_eq!(conversation(&ours, &full).await["tags"].as_array().map(Vec::len), Some(20));
    let swap = json!({ "action": "tag", "add": ["x"], "remove": ["7"] });
    let bulk = ours.post(PATH, &on(&[full], swap)).await.expect(200);
    assert_eq!(counts(&bulk["bulkAction"]), ("succeeded", 1, 1, 0));
}

#[tokio::test]
async fn each_invalid_field_is_named() {
    let world = World::new().await;
    let ours = world.server_key();
    let all = json!({});
    for (body, fields) in [
        (json!({}), &["", "action"][..]),
        (json!({ "action": "assign", "assigneeId": null }), &[""]),
        (json!({ "filter": all }), &["action"]),
        (json!({ "action": 7, "filter": all }), &["action"]),
        (json!({ "action": "close", "filter": all }), &["action"]),
        (json!({ "action": "assign", "filter": all }), &["assigneeId"]),
        (json!({ "action": "assign_assistant", "filter": all }), &["assistantId"]),
        (json!({ "action": "update_status", "filter": all }), &["status"]),
        (json!({ "action": "update_status", "status": "closed", "filter": all }), &["status"]),
        (
            json!({ "action": "update_status", "status": "open", "resolution": "closed", "filter": all }),
            &["resolution"],
        ),
        (json!({ "action": "move", "filter": all }), &["pipelineId", "stageId"]),
        (json!({ "action": "tag", "filter": all }), &["add"]),
        (json!({ "action": "tag", "add": [], "filter": all }), &["add"]),
        (json!({ "action": "tag", "add": ["a"], "remove": ["a"], "filter": all }), &["remove"]),
        (json!({ "action": "tag", "add": ["", "b"], "filter": all }), &["add[0]"]),
        (json!({ "action": "delete", "reason": "", "filter": all }), &["reason"]),
        (json!({ "action": "delete", "assigneeId": null, "filter": all }), &["assigneeId"]),
        (json!({ "action": "delete", "nonsense": 1, "filter": all }), &["nonsense"]),
        (json!({ "action": "delete", "conversationIds": [] }), &["conversationIds"]),
        (json!({ "action": "delete", "conversationIds": ["x", 7] }), &["conversationIds[0]", "conversationIds[1]"]),
        (json!({ "action": "delete", "conversationIds": vec![UNKNOWN; 1001] }), &["conversationIds"]),
        (json!({ "action": "delete", "filter": { "status": "closed", "x": 1 } }), &["filter.status", "filter.x"]),
        (json!({ "action": "delete", "filter": { "viewId": UNKNOWN } }), &["filter.viewId"]),
        (json!({ "action": "delete", "viewId": "x" }), &["viewId"]),
        (json!({ "action": "delete", "viewId": UNKNOWN }), &["viewId"]),
        (json!({ "action": "delete", "filter": all, "conversationIds": [UNKNOWN] }), &["filter"]),
        (json!({ "action": "delete", "filter": all, "viewId": UNKNOWN }), &["viewId"]),
        (json!({ "action": "delete", "filter": all, "dryRun": "perhaps" }), &["dryRun"]),
        (json!({ "action": "assign", "assigneeId": UNKNOWN, "filter": all }), &["assigneeId"]),
        (json!({ "action": "assign_assistant", "assistantId": UNKNOWN, "filter": all }), &["assistantId"]),
        (
            json!({ "action": "move", "pipelineId": UNKNOWN, "stageId": UNKNOWN, "filter": all }),
            &["pipelineId", "stageId"],
        ),
    ] {
        let answer = ours.post(PATH, &body).await;
        let _ = answer.expect_invalid(fields);
    }
    let elsewhere = ours.post(PATH, &json!({ "action": "delete", "status": "open", "filter": all })).await;
    let problem = elsewhere.expect_invalid(&["status"]);
    assert_eq!(problem["errors"][0]["message"], "`status` is a field of the action `update_status`, not of this one.");
    let listed = ours.get(PATH).await.expect(200);
    assert_eq!(listed["bulkActions"], json!([]), "nothing was begun");
}

#[tokio::test]
async fn references_must_exist_and_not_be_archived() {
    let world = World::new().await;
    let (ours, theirs) = (world.server_key(), world.other_workspace());
    let body = json!({ "name": "a", "email": "a@example.com" });
    let foreign = made(&theirs, "members", "member", body.clone()).await["id"].clone();
    let member = made(&ours, "members", "member", body).await["id"].clone();
    let path = format!("/api/v1/members/{}", member.as_str().expect("an id"));
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    for id in [foreign, member] {
        let body = json!({ "action": "assign", "assigneeId": id, "conversationIds": [UNKNOWN] });
        let _ = ours.post(PATH, &body).await.expect_invalid(&["assigneeId"]);
    }
    let pipeline = json!({ "name": "a", "stages": [{ "name": "a" }] });
    let one = made(&ours, "pipelines", "pipeline", pipeline.clone()).await;
    let other = made(&ours, "pipelines", "pipeline", pipeline).await;
    let body = json!({
        "action": "move", "pipelineId": one["id"], "stageId": other["stages"][0]["id"], "conversationIds": [UNKNOWN],
    });
    let _ = ours.post(PATH, &body).await.expect_invalid(&["stageId"]);
}

#[tokio::test]
async fn server_key_with_scope_is_required() {
    let world = World::new().await;
    let ids = opened(&world.server_key(), 1).await;
    let body = on(&ids, json!({ "action": "tag", "add": ["a"] }));
    let bulk = world.server_key().post(PATH, &body).await.expect(200);
    let path = format!("{PATH}/{}", bulk["bulkAction"]["id"].as_str().expect("an id"));
    let cancel = format!("{path}/cancel");
    let with = |scope| KeyOptions { scopes: vec![scope], ..KeyOptions::default() };
    let reader = world.make_key(with(Scope::ReadConversations)).await;
    let writer = world.make_key(with(Scope::WriteConversations)).await;
    let client = world.make_key(KeyOptions { kind: KeyKind::Client, ..KeyOptions::default() }).await;
    for (role, reads, writes) in [
        (world.anon(), 401, 401),
        (world.with_key(&reader), 200, 403),
        (world.with_key(&writer), 403, 204),
        (world.with_key(&client), 403, 403),
    ] {
        assert_eq!(role.get(PATH).await.status, reads);
        assert_eq!(role.get(&path).await.status, reads);
        assert_eq!(role.post(PATH, &body).await.status, writes);
        // The action has ended, so a caller with the write scope gets a conflict.
        let cancelled = role.ask(Method::POST, &cancel).send().await.status;
        assert_eq!(cancelled, if [200, 204].contains(&writes) { 409 } else { writes });
    }
}

#[tokio::test]
async fn idempotent_retry_returns_same_response() {
    let world = World::new().await;
    let ours = world.server_key();
    let ids = opened(&ours, 2).await;
    let body = on(&ids, json!({ "action": "tag", "add": ["a"] }));
    let post = async |body: &Value| ours.ask(Method::POST, PATH).header("idempotency-key", "k").json(body).send().await;
    let first = post(&body).await;
    let path = format!("{CONVERSATIONS}/{}", ids[0].as_str().expect("an id"));
    let _ = ours.patch(&path, &json!({ "tags": [] })).await.expect(200);
    let again = post(&body).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.status, &again.bytes, again.header("etag")), (first.status, &first.bytes, first.header("etag")));
    let _ = first.expect(200);
    assert_eq!(conversation(&ours, &ids[0]).await["tags"], json!([]));
    let other = on(&ids[..1], json!({ "action": "tag", "add": ["a"] }));
    let _ = post(&other).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(ours.get(PATH).await.expect(200)["bulkActions"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn dry_run_counts_without_changes() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut full = minimal_conversation();
    full["tags"] = (0..20).map(|i| i.to_string()).collect();
    let full = ours.open(&full).await["id"].clone();
    let mut ids = opened(&ours, 2).await;
    ids.extend([full, json!(UNKNOWN)]);
    let before = ours.get(CONVERSATIONS).await.bytes;
    let mut body = on(&ids, json!({ "action": "tag", "add": ["a"], "dryRun": true }));
    let bulk = ours.post(PATH, &body).await.expect(200)["bulkAction"].clone();
    assert_eq!(counts(&bulk), ("succeeded", 4, 0, 2));
    assert_eq!((&bulk["dryRun"], &bulk["exact"]), (&json!(true), &json!(true)));
    assert_eq!(bulk["results"][0]["code"], "too_many_tags");
    assert_eq!(bulk["results"][1]["code"], "not_found");
    let path = format!("{PATH}/{}", bulk["id"].as_str().expect("an id"));
    assert_eq!(ours.get(&path).await.expect(200)["bulkAction"], bulk);
    let cancel = ours.ask(Method::POST, &format!("{path}/cancel")).send().await;
    let _ = cancel.expect_problem(409, "conflict");

    body = json!({ "action": "delete", "filter": { "status": "open" }, "dryRun": true });
    let ask = || ours.ask(Method::POST, PATH).header("idempotency-key", "k").json(&body);
    let first = ask().send().await;
    let again = ask().send().await;
    assert_eq!(first.bytes, again.bytes);
    let bulk = first.expect(200)["bulkAction"].clone();
    assert_eq!((counts(&bulk), &bulk["exact"]), (("succeeded", 3, 0, 0), &json!(true)));
    assert_eq!(bulk["filter"], json!({ "status": "open" }));
    let many: Vec<_> = (0..1000).map(|i| json!(format!("01900000-0000-7000-8000-{i:012}"))).collect();
    let bulk = ours.post(PATH, &on(&many, json!({ "action": "delete", "dryRun": true }))).await.expect(200);
    assert_eq!(counts(&bulk["bulkAction"]), ("succeeded", 1000, 0, 1000));
    assert_eq!(bulk["bulkAction"]["results"].as_array().map(Vec::len), Some(100));
    let _ = world.drain_events().await;
    assert_eq!(ours.get(CONVERSATIONS).await.bytes, before);
    world.assert_settled().await;
}
