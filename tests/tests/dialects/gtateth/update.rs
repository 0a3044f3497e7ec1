use http::Method;
use serde_json::{Value, json};

use super::{assert_error, at, create, data, get, put};
use crate::rows::{Row, has_keys, member, open, ours, row, send};

/// An update shows this value afterwards, in the response and in our own API.
fn updates(id: &'static str, field: &'static str, value: &'static str, here: &'static str) -> Row {
    row(id, move |w| async move {
        let made = create(&w, json!({ "priority": "low" })).await;
        let updated = put(&w, &made, json!({ field: value })).await;
        assert_eq!((&updated[field], &ours(&w, &made["_id"]).await[field]), (&json!(value), &json!(here)));
        assert_eq!(data(get(&w.server_key(), &at(&made)).await, 200), updated);
    })
}

async fn delete(w: &deskless_tests::World, conversation: &Value, body: Option<Value>) -> Value {
    send(&w.server_key(), Method::DELETE, &at(conversation), body.as_ref()).await.expect(200)
}

pub fn rows() -> Vec<Row> {
    vec![
        row("update.route", |w| async move {
            let made = create(&w, json!({ "priority": "high" })).await;
            let updated = put(&w, &made, json!({ "subject": "New" })).await;
            assert_eq!((&updated["subject"], &updated["priority"]), (&json!("New"), &json!("high")));
            let empty = send(&w.server_key(), Method::PUT, &at(&made), Some(&json!({}))).await;
            assert_error(empty, 400, "INVALID_REQUEST", "at least one field");
        }),
        updates("update.subject", "subject", "New subject", "New subject"),
        row("update.status.open", |w| async move {
            let made = open(&w, json!({ "status": "solved" })).await;
            assert_eq!(put(&w, &made, json!({ "status": "open" })).await["status"], "open");
            assert_eq!(ours(&w, &made["id"]).await["status"], "open");
        }),
        row("update.status.closed", |w| async move {
            let made = create(&w, json!({})).await;
            assert_eq!(put(&w, &made, json!({ "status": "closed" })).await["status"], "closed");
            let here = ours(&w, &made["_id"]).await;
            assert_eq!((&here["status"], &here["resolution"]), (&json!("solved"), &json!("closed")));
            // One that was solved otherwise is closed already.
            let solved = open(&w, json!({ "status": "solved", "resolution": "completed" })).await;
            assert_eq!(put(&w, &solved, json!({ "status": "closed" })).await["status"], "closed");
            assert_eq!(ours(&w, &solved["id"]).await["resolution"], "completed");
        }),
        updates("update.status.pending", "status", "pending", "waiting"),
        row("update.priority.low", |w| async move {
            let made = create(&w, json!({ "priority": "urgent" })).await;
            assert_eq!(put(&w, &made, json!({ "priority": "low" })).await["priority"], "low");
        }),
        updates("update.priority.medium", "priority", "medium", "medium"),
        updates("update.priority.high", "priority", "high", "high"),
        updates("update.priority.urgent", "priority", "urgent", "urgent"),
        row("update.assignedTo", |w| async move {
            let (made, agent) = (create(&w, json!({})).await, member(&w, "agent").await);
            let updated = put(&w, &made, json!({ "assignedTo": agent["id"] })).await;
            assert_eq!(updated["assignedTo"], json!({ "_id": agent["id"], "name": "agent" }));
            let unknown = json!({ "assignedTo": "01979f2e-0000-7000-8000-000000000000" });
            let unknown = send(&w.server_key(), Method::PUT, &at(&made), Some(&unknown)).await;
            assert_error(unknown, 400, "INVALID_REQUEST", "`assignedTo` must be the id of an existing member");
        }),
        row("update.assignedTo.null", |w| async move {
            let (made, agent) = (create(&w, json!({})).await, member(&w, "agent").await);
            let _ = put(&w, &made, json!({ "assignedTo": agent["id"] })).await;
            assert_eq!(put(&w, &made, json!({ "assignedTo": null })).await["assignedTo"], Value::Null);
            assert_eq!(ours(&w, &made["_id"]).await["assigneeId"], Value::Null);
        }),
        row("update.unknown", |w| async move {
            let made = create(&w, json!({})).await;
            let wrong = send(&w.server_key(), Method::PUT, &at(&made), Some(&json!({ "tags": [] }))).await;
            assert_error(wrong, 400, "INVALID_REQUEST", "Unknown field `tags`");
        }),
        row("delete.route", |w| async move {
            let made = create(&w, json!({})).await;
            let answer = delete(&w, &made, None).await;
            has_keys(&answer, &["success", "message"]);
            assert_eq!(answer["success"], true);
            assert_error(get(&w.server_key(), &at(&made)).await, 404, "NOT_FOUND", "does not exist");
        }),
        row("delete.reason", |w| async move {
            let made = create(&w, json!({})).await;
            let _ = delete(&w, &made, Some(json!({ "reason": "Spam" }))).await;
            let log = w.server_key().get("/api/v1/audit-log").await.expect(200).to_string();
            assert!(log.contains("Spam"), "{log}");
        }),
        row("delete.messages", |w| async move {
            let made = create(&w, json!({})).await;
            let _ = crate::rows::say(&w, &made["_id"], json!({ "body": "Hi" })).await;
            let _ = delete(&w, &made, None).await;
            let path = format!("/api/v1/conversations/{}/messages", made["_id"].as_str().expect("an id"));
            let _ = w.server_key().get(&path).await.expect(404);
            let again = send(&w.server_key(), Method::DELETE, &at(&made), None).await;
            assert_error(again, 404, "NOT_FOUND", "does not exist");
        }),
    ]
}
