//! `/conversations`: its methods, filters and fields.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{
    Row, W, ask_as, expect_error, finds, get, id, ids, make, member, open, ours, patch, refused, remove, row, say,
};

async fn stage(w: &World) -> (Value, Value) {
    let body = json!({ "name": "Sales", "stages": [{ "name": "New" }, { "name": "Won" }] });
    let pipeline = make(w, "pipelines", "pipeline", body).await;
    let stage = pipeline["stages"][0]["id"].clone();
    (pipeline["id"].clone(), stage)
}

fn path(conversation: &Value) -> String {
    format!("/conversations/{}", id(conversation))
}

fn methods() -> Vec<Row> {
    vec![
        row("conversations.find", |w: W| async move {
            let first = open(&w, json!({})).await;
            let second = open(&w, json!({})).await;
            let page = get(&w, "/conversations").await;
            assert_eq!((&page["total"], &page["limit"], &page["skip"]), (&json!(2), &json!(10), &json!(0)));
            assert_eq!(ids(&page), [id(&second), id(&first)]);
        }),
        row("conversations.get", |w: W| async move {
            let customer = json!({ "id": "cus_1", "name": "Ada", "email": "ada@example.com", "phone": "+49123456789" });
            let opened = open(&w, json!({ "channel": "live-chat", "subject": "Hi", "customer": customer })).await;
            let found = get(&w, &path(&opened)).await;
            assert_eq!((&found["id"], &found["channel"]), (&opened["id"], &json!("webchat")));
            assert_eq!((&found["contact_id"], &found["contact"]["name"]), (&json!("cus_1"), &json!("Ada")));
            assert_eq!((&found["status"], &found["subject"]), (&json!("open"), &json!("Hi")));
            assert_eq!(found["assigned_user_id"], Value::Null);
            // Every field can be selected.
            let fields = found.as_object().expect("an object").keys().map(|name| format!("$select[]={name}"));
            let query: Vec<_> = fields.collect();
            assert_eq!(get(&w, &format!("{}?{}", path(&opened), query.join("&"))).await, found);
        }),
        row("conversations.patch", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let patched = patch(&w, &path(&opened), json!({ "status": "closed", "blocked": true })).await;
            assert_eq!((&patched["status"], &patched["blocked"]), (&json!("closed"), &json!(true)));
            assert_eq!(get(&w, &path(&opened)).await, patched);
        }),
        row("conversations.remove", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let before = get(&w, &path(&opened)).await;
            assert_eq!(remove(&w, &path(&opened)).await, before);
            expect_error(ask_as(&w.server_key(), Method::GET, &path(&opened), None).await, 404, "NotFound");
        }),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of rows")]
fn filters() -> Vec<Row> {
    vec![
        row("find.organization_id", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let own = get(&w, &path(&opened)).await["organization_id"].as_str().expect("an id").to_owned();
            finds(&w, &format!("organization_id={own}"), &[&opened]).await;
            assert!(refused(&w, "/conversations?organization_id=456").await.contains(&own));
        }),
        row("find.status", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let waiting = open(&w, json!({ "status": "waiting" })).await;
            let solved = open(&w, json!({})).await;
            let _ = patch(&w, &path(&solved), json!({ "status": "closed" })).await;
            finds(&w, "status=open", &[&opened, &waiting]).await;
            finds(&w, "status=closed", &[&solved]).await;
            finds(&w, "status[$ne]=closed", &[&opened, &waiting]).await;
            finds(&w, "status[$in][]=open&status[$in][]=closed", &[&opened, &waiting, &solved]).await;
        }),
        row("find.channel", |w: W| async move {
            let sms = open(&w, json!({ "channel": "sms" })).await;
            let chat = open(&w, json!({ "channel": "live-chat" })).await;
            finds(&w, "channel=webchat", &[&chat]).await;
            finds(&w, "channel[$ne]=webchat", &[&sms]).await;
            assert!(refused(&w, "/conversations?channel=live-chat").await.starts_with("`channel` must be one of"));
        }),
        row("find.assigned_user_id", |w: W| async move {
            let grace = member(&w, "grace@example.com").await;
            let assigned = open(&w, json!({ "assigneeId": grace["id"] })).await;
            let free = open(&w, json!({})).await;
            finds(&w, &format!("assigned_user_id={}", id(&grace)), &[&assigned]).await;
            finds(&w, "assigned_user_id=", &[&free]).await;
            finds(&w, "assigned_user_id[$ne]=", &[&assigned]).await;
        }),
        row("find.assigned_ai_assistant_id", |w: W| async move {
            let bot = make(&w, "assistants", "assistant", json!({ "name": "Bot" })).await;
            let assigned = open(&w, json!({ "assistantId": bot["id"] })).await;
            let free = open(&w, json!({})).await;
            finds(&w, &format!("assigned_ai_assistant_id={}", id(&bot)), &[&assigned]).await;
            finds(&w, "assigned_ai_assistant_id=", &[&free]).await;
        }),
        row("find.pipeline_id", |w: W| async move {
            let (pipeline, stage) = stage(&w).await;
            let placed = open(&w, json!({ "stageId": stage })).await;
            let free = open(&w, json!({})).await;
            finds(&w, &format!("pipeline_id={}", pipeline.as_str().expect("an id")), &[&placed]).await;
            finds(&w, "pipeline_id=", &[&free]).await;
        }),
        row("find.pipeline_stage_id", |w: W| async move {
            let (_, stage) = stage(&w).await;
            let placed = open(&w, json!({ "stageId": stage })).await;
            let _ = open(&w, json!({})).await;
            finds(&w, &format!("pipeline_stage_id={}", stage.as_str().expect("an id")), &[&placed]).await;
        }),
        row("find.tag_id", |w: W| async move {
            let vip = open(&w, json!({ "tags": ["vip", "new"] })).await;
            let new = open(&w, json!({ "tags": ["new"] })).await;
            let none = open(&w, json!({})).await;
            finds(&w, "tag_id=vip", &[&vip]).await;
            finds(&w, "tag_id[$in][0]=vip&tag_id[$in][1]=new", &[&vip, &new]).await;
            finds(&w, "tag_id[$nin][0]=vip", &[&new, &none]).await;
        }),
        row("find.contact_id", |w: W| async move {
            let ada = open(&w, json!({ "customer": { "id": "cus_ada" } })).await;
            let _ = open(&w, json!({ "customer": { "id": "cus_bob" } })).await;
            finds(&w, "contact_id=cus_ada", &[&ada]).await;
        }),
        row("find.unread_count", |w: W| async move {
            let unread = open(&w, json!({})).await;
            let read = open(&w, json!({})).await;
            let _ = say(&w, &unread, json!({ "body": "a" })).await;
            let _ = say(&w, &unread, json!({ "body": "b" })).await;
            finds(&w, "unread_count[$gt]=0", &[&unread]).await;
            finds(&w, "unread_count[$gt]=1", &[&unread]).await;
            finds(&w, "unread_count[$gt]=2", &[]).await;
            finds(&w, "unread_count=0", &[&read]).await;
        }),
        row("find.waitingResponseOnly", |w: W| async move {
            let asked = open(&w, json!({})).await;
            let _ = say(&w, &asked, json!({ "body": "a" })).await;
            let answered = open(&w, json!({})).await;
            let _ = say(&w, &answered, json!({ "role": "assistant", "body": "a" })).await;
            finds(&w, "waitingResponseOnly=true", &[&asked]).await;
            finds(&w, "waitingResponseOnly=false", &[&asked, &answered]).await;
        }),
        row("find.searchTerm", |w: W| async move {
            let ada = open(&w, json!({ "customer": { "id": "a", "name": "Ada Lovelace" } })).await;
            let invoice = open(&w, json!({ "subject": "The invoice of Ada" })).await;
            let _ = open(&w, json!({})).await;
            finds(&w, "searchTerm=LOVELACE", &[&ada]).await;
            finds(&w, "searchTerm=ada", &[&ada, &invoice]).await;
            finds(&w, "searchTerm=ada&status=closed", &[]).await;
            assert_eq!(
                refused(&w, "/conversations?searchTerm=ad").await,
                "`searchTerm` must have at least 3 characters."
            );
        }),
        row("find.messageSearchTerm", |w: W| async move {
            let short = refused(&w, "/conversations?messageSearchTerm=ab").await;
            assert_eq!(short, "`messageSearchTerm` must have at least 3 characters.");
            let message = refused(&w, "/conversations?messageSearchTerm=abc").await;
            assert!(message.starts_with("`messageSearchTerm` is not supported: "), "{message}");
        }),
        row("find.view_id", |w: W| async move {
            let view = make(&w, "views", "view", json!({ "name": "VIP", "filter": { "tag": "vip" } })).await;
            let vip = open(&w, json!({ "tags": ["vip"] })).await;
            let _ = open(&w, json!({})).await;
            finds(&w, &format!("view_id={}", id(&view)), &[&vip]).await;
            finds(&w, &format!("view_id={}&status=closed", id(&view)), &[]).await;
            let unknown = "0190a5c4-7e00-7000-8000-00000000000a";
            assert!(refused(&w, &format!("/conversations?view_id={unknown}")).await.contains("`view_id`"));
        }),
        row("find.created_at", |w: W| async move {
            let first = open(&w, json!({})).await;
            let second = open(&w, json!({})).await;
            let at = |conversation: &Value| conversation["createdAt"].as_str().expect("a time").to_owned();
            finds(&w, &format!("created_at[$gte]={}", at(&second)), &[&second]).await;
            finds(&w, &format!("created_at[$gt]={}", at(&first)), &[&second]).await;
            finds(&w, &format!("created_at[$lte]={}", at(&first)), &[&first]).await;
            finds(&w, &format!("created_at[$lt]={}", at(&first)), &[]).await;
            finds(&w, &format!("created_at[$gte]={}&created_at[$lte]={}", at(&first), at(&second)), &[&first, &second])
                .await;
        }),
    ]
}

fn fields() -> Vec<Row> {
    vec![
        row("patch.status", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let _ = patch(&w, &path(&opened), json!({ "status": "closed" })).await;
            assert_eq!(ours(&w, id(&opened)).await["status"], "solved");
            let _ = patch(&w, &path(&opened), json!({ "status": "open" })).await;
            assert_eq!(ours(&w, id(&opened)).await["status"], "open");
        }),
        row("patch.assigned_user_id", |w: W| async move {
            let grace = member(&w, "grace@example.com").await;
            let opened = open(&w, json!({})).await;
            let assigned = patch(&w, &path(&opened), json!({ "assigned_user_id": grace["id"] })).await;
            assert_eq!(assigned["assigned_user"], json!({ "id": grace["id"], "name": "Grace" }));
            let free = patch(&w, &path(&opened), json!({ "assigned_user_id": null })).await;
            assert_eq!((&free["assigned_user_id"], &free["assigned_user"]), (&Value::Null, &Value::Null));
            let body = json!({ "assigned_user_id": "0190a5c4-7e00-7000-8000-00000000000a" });
            let answer = ask_as(&w.server_key(), Method::PATCH, &path(&opened), Some(&body)).await;
            assert!(expect_error(answer, 400, "BadRequest")["errors"]["assigned_user_id"].is_string());
        }),
        row("patch.assigned_ai_assistant_id", |w: W| async move {
            let bot = make(&w, "assistants", "assistant", json!({ "name": "Bot" })).await;
            let opened = open(&w, json!({})).await;
            let assigned = patch(&w, &path(&opened), json!({ "assigned_ai_assistant_id": bot["id"] })).await;
            assert_eq!(assigned["assigned_ai_assistant"], json!({ "id": bot["id"], "name": "Bot" }));
            let free = patch(&w, &path(&opened), json!({ "assigned_ai_assistant_id": null })).await;
            assert_eq!(free["assigned_ai_assistant_id"], Value::Null);
        }),
        row("patch.pipeline_stage_id", |w: W| async move {
            let (pipeline, stage) = stage(&w).await;
            let opened = open(&w, json!({})).await;
            let body = json!({ "pipeline_id": pipeline, "pipeline_stage_id": stage });
            let moved = patch(&w, &path(&opened), body).await;
            assert_eq!((&moved["pipeline_id"], &moved["pipeline_stage_id"]), (&pipeline, &stage));
            assert_eq!(moved["pipeline_stage"]["name"], "New");
            let body = json!({ "pipeline_id": null, "pipeline_stage_id": null });
            assert_eq!(patch(&w, &path(&opened), body).await["pipeline_id"], Value::Null);
        }),
        row("patch.unread_count", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let _ = say(&w, &opened, json!({ "body": "a" })).await;
            assert_eq!(get(&w, &path(&opened)).await["unread_count"], 1);
            assert_eq!(patch(&w, &path(&opened), json!({ "unread_count": 0 })).await["unread_count"], 0);
            assert_eq!(ours(&w, id(&opened)).await["unreadCount"], 0);
            let answer =
                ask_as(&w.server_key(), Method::PATCH, &path(&opened), Some(&json!({ "unread_count": 1 }))).await;
            expect_error(answer, 400, "BadRequest");
        }),
        row("patch.ai_context_cut", |w: W| async move {
            let opened = open(&w, json!({ "metadata": { "own": 1 } })).await;
            let body = json!({ "ai_context_cut": "2026-06-28T18:00:00Z" });
            assert_eq!(patch(&w, &path(&opened), body).await["ai_context_cut"], "2026-06-28T18:00:00.000Z");
            let metadata = json!({ "own": 1, "apex": { "ai_context_cut": "2026-06-28T18:00:00.000Z" } });
            assert_eq!(ours(&w, id(&opened)).await["metadata"], metadata);
            let cleared = patch(&w, &path(&opened), json!({ "ai_context_cut": null })).await;
            assert_eq!(cleared["ai_context_cut"], Value::Null);
        }),
        row("patch.ai_auto_assignment_disabled", |w: W| async move {
            let opened = open(&w, json!({})).await;
            let body = json!({ "ai_auto_assignment_disabled": true, "ai_auto_assignment_disabled_reason": "takeover" });
            let patched = patch(&w, &path(&opened), body).await;
            assert_eq!(patched["ai_auto_assignment_disabled_reason"], "takeover");
            finds(&w, "ai_auto_assignment_disabled=true", &[&opened]).await;
        }),
        row("patch.blocked", |w: W| async move {
            let opened = open(&w, json!({})).await;
            assert_eq!(patch(&w, &path(&opened), json!({ "blocked": true })).await["blocked"], true);
            finds(&w, "blocked=true", &[&opened]).await;
            assert_eq!(patch(&w, &path(&opened), json!({ "blocked": false })).await["blocked"], false);
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [methods(), filters(), fields()].into_iter().flatten().collect()
}
