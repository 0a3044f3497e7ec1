//! `/conversations-bulk-actions`.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{Row, W, ask_as, expect_error, id, make, member, open, ours, post, row};

const BULK: &str = "/conversations-bulk-actions";

/// Applies an action to one of two conversations, and returns the changed one as our own API shows it.
async fn apply(w: &World, action: Value) -> Value {
    let opened = open(w, json!({})).await;
    let other = open(w, json!({})).await;
    let mut body = action;
    body["conversation_ids"] = json!([opened["id"]]);
    let answer = post(w, BULK, body).await;
    assert_eq!((&answer["processed_count"], &answer["status"]), (&json!(1), &json!("succeeded")));
    assert_eq!(ours(w, id(&other)).await["version"], other["version"]);
    ours(w, id(&opened)).await
}

async fn fails(w: &World, body: Value, field: &str) {
    let error = expect_error(ask_as(&w.server_key(), Method::POST, BULK, Some(&body)).await, 400, "BadRequest");
    assert!(error["errors"][field].is_string(), "{body}: {error}");
}

fn actions() -> Vec<Row> {
    vec![
        row("conversations-bulk-actions.create", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let body = json!({ "action": "update_status", "status": "closed", "conversation_ids": [opened["id"]] });
            assert_eq!(post(&w, BULK, body).await["processed_count"], 1);
            fails(&w, json!({ "action": "update_status", "conversation_ids": [opened["id"]] }), "status").await;
            fails(&w, json!({ "action": "delete", "conversation_ids": [opened["id"]] }), "action").await;
            let body = json!({ "action": "assign", "assigned_user_id": null, "status": "open", "conversation_ids": [opened["id"]] });
            fails(&w, body, "status").await;
        }),
        row("bulk.assign", |w: W| async move {
            let grace = member(&w, "grace@example.com").await;
            let changed = apply(&w, json!({ "action": "assign", "assigned_user_id": grace["id"] })).await;
            assert_eq!(changed["assigneeId"], grace["id"]);
            let body = json!({ "action": "assign", "assigned_user_id": null, "conversation_ids": [changed["id"]] });
            assert_eq!(post(&w, BULK, body).await["processed_count"], 1);
            assert_eq!(ours(&w, id(&changed)).await["assigneeId"], Value::Null);
        }),
        row("bulk.update_status", |w: W| async move {
            let changed = apply(&w, json!({ "action": "update_status", "status": "closed" })).await;
            assert_eq!(changed["status"], "solved");
        }),
        row("bulk.assign_ai_assistant", |w: W| async move {
            let bot = make(&w, "assistants", "assistant", json!({ "name": "Bot" })).await;
            let action = json!({ "action": "assign_ai_assistant", "assigned_ai_assistant_id": bot["id"] });
            assert_eq!(apply(&w, action).await["assistantId"], bot["id"]);
        }),
        row("bulk.move", |w: W| async move {
            let body = json!({ "name": "Sales", "stages": [{ "name": "New" }] });
            let pipeline = make(&w, "pipelines", "pipeline", body).await;
            let stage = &pipeline["stages"][0]["id"];
            let action = json!({ "action": "move", "pipeline_id": pipeline["id"], "pipeline_stage_id": stage });
            assert_eq!(&apply(&w, action).await["stageId"], stage);
        }),
    ]
}

fn targets() -> Vec<Row> {
    vec![
        row("bulk.conversation_ids", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let unknown = "0190a5c4-7e00-7000-8000-00000000000a";
            let body =
                json!({ "action": "update_status", "status": "closed", "conversation_ids": [opened["id"], unknown] });
            let answer = post(&w, BULK, body).await;
            assert_eq!((&answer["processed_count"], &answer["failed_count"]), (&json!(1), &json!(1)));
            fails(&w, json!({ "action": "assign", "assigned_user_id": null }), "").await;
            let both = json!({ "action": "assign", "assigned_user_id": null, "conversation_ids": [opened["id"]], "filter": { "status": "open" } });
            fails(&w, both, "").await;
        }),
        row("bulk.view_id", |w: W| async move {
            let view = make(&w, "views", "view", json!({ "name": "VIP", "filter": { "tag": "vip" } })).await;
            let vip = open(&w, json!({ "tags": ["vip"] })).await;
            let other = open(&w, json!({})).await;
            let body = json!({ "action": "update_status", "status": "closed", "view_id": view["id"] });
            assert_eq!(post(&w, BULK, body).await["processed_count"], 1);
            assert_eq!(ours(&w, id(&vip)).await["status"], "solved");
            assert_eq!(ours(&w, id(&other)).await["status"], "open");
        }),
        row("bulk.filter", |w: W| async move {
            let waiting = open(&w, json!({ "channel": "sms", "status": "waiting" })).await;
            let opened = open(&w, json!({ "channel": "sms" })).await;
            let other = open(&w, json!({ "channel": "email" })).await;
            let filter = json!({ "status": "open", "channel": "sms" });
            let body = json!({ "action": "update_status", "status": "closed", "filter": filter });
            assert_eq!(post(&w, BULK, body.clone()).await["processed_count"], 2);
            assert_eq!(ours(&w, id(&waiting)).await["status"], "solved");
            assert_eq!(ours(&w, id(&opened)).await["status"], "solved");
            assert_eq!(ours(&w, id(&other)).await["status"], "open");
            assert_eq!(post(&w, BULK, body).await["processed_count"], 0);
            fails(&w, json!({ "action": "update_status", "status": "closed", "filter": {} }), "filter").await;
            fails(&w, json!({ "action": "update_status", "status": "closed", "filter": { "tag": "a" } }), "filter.tag")
                .await;
        }),
        row("bulk.processed_count", |w: W| async move {
            for _ in 0..101 {
                let _ = open(&w, json!({ "channel": "sms" })).await;
            }
            let filter = json!({ "channel": "sms", "status": "open" });
            let body = json!({ "action": "update_status", "status": "closed", "filter": filter });
            let ask = || async {
                let ask = w.server_key().ask(Method::POST, &format!("/dialects/apex{BULK}")).skip_validation();
                ask.header("idempotency-key", "close-all").json(&body).send().await.expect(201)
            };
            let answer = ask().await;
            assert_eq!((&answer["processed_count"], &answer["status"]), (&json!(101), &json!("queued")));
            let path = format!("/api/v1/bulk-actions/{}", id(&answer));
            assert_eq!(w.server_key().get(&path).await.expect(200)["bulkAction"]["status"], "queued");
            let _ = w.drain_events().await;
            super::finds(&w, "status=open", &[]).await;
            let repeated = ask().await;
            assert_eq!((&repeated["id"], &repeated["status"]), (&answer["id"], &json!("succeeded")));
            assert_eq!(repeated["processed_count"], 101);
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [actions(), targets()].into_iter().flatten().collect()
}
