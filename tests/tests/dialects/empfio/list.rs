use deskless_tests::World;
use serde_json::{Value, json};

use super::{LIST, assert_detail, example, get};
use crate::rows::{Row, has_keys, open, row};

async fn page(w: &World, query: &str) -> Value {
    get(&w.server_key(), &format!("{LIST}{query}")).await.expect(200)
}

async fn found(w: &World, query: &str) -> Vec<Value> {
    page(w, query).await["conversations"].as_array().expect("rows").iter().map(|one| one["id"].clone()).collect()
}

/// Exactly the conversations that show this status are listed and counted.
fn status(id: &'static str, shown: &'static str, count: usize) -> Row {
    row(id, move |w| async move {
        for fields in [
            json!({}),
            json!({ "status": "waiting" }),
            json!({ "escalated": true }),
            json!({ "escalated": true, "status": "waiting" }),
            json!({ "escalated": true, "status": "solved", "resolution": "completed" }),
            json!({ "status": "solved", "resolution": "resolved" }),
            json!({ "status": "solved", "resolution": "closed" }),
            json!({ "status": "solved", "resolution": "abandoned" }),
            json!({ "escalated": true, "status": "solved", "resolution": "abandoned" }),
        ] {
            let _ = open(&w, fields).await;
        }
        let list = page(&w, &format!("?status={shown}")).await;
        let rows = list["conversations"].as_array().expect("rows");
        assert!(rows.iter().all(|one| one["status"] == shown), "{list}");
        assert_eq!((rows.len(), &list["total"]), (count, &json!(count)));
    })
}

pub fn rows() -> Vec<Row> {
    vec![
        row("list.route", |w| async move {
            let (first, second) = (open(&w, json!({})).await, open(&w, json!({})).await);
            let _ = w.other_workspace().open(&deskless_tests::minimal_conversation()).await;
            assert_eq!(found(&w, "").await, [second["id"].clone(), first["id"].clone()]);
        }),
        row("list.page", |w| async move {
            let mut made = Vec::new();
            for _ in 0..3 {
                made.insert(0, open(&w, json!({})).await["id"].clone());
            }
            assert_eq!(found(&w, "?size=2").await, made[..2]);
            assert_eq!(found(&w, "?page=2&size=2").await, made[2..]);
            assert_eq!(found(&w, "?page=3&size=2").await, made[3..]);
            let wrong = get(&w.server_key(), &format!("{LIST}?page=0")).await;
            assert_detail(wrong, 400, "`page` must be a whole number of at least 1");
            let beyond = get(&w.server_key(), &format!("{LIST}?page=502")).await;
            assert_detail(beyond, 400, "`page` must be at most 501");
        }),
        row("list.size", |w| async move {
            for _ in 0..21 {
                let _ = open(&w, json!({})).await;
            }
            assert_eq!((found(&w, "").await.len(), found(&w, "?size=100").await.len()), (20, 21));
            let wrong = get(&w.server_key(), &format!("{LIST}?size=101")).await;
            assert_detail(wrong, 400, "`size` must be a whole number from 1 to 100");
        }),
        row("list.lead_id", |w| async move {
            let made = example(&w).await;
            let _ = open(&w, json!({ "customer": { "id": "other" } })).await;
            assert_eq!(found(&w, "?lead_id=550e8400-e29b-41d4-a716-446655440000").await, [made["id"].clone()]);
            assert_eq!(found(&w, "?lead_id=nobody").await, Vec::<Value>::new());
            let wrong = get(&w.server_key(), &format!("{LIST}?lead_id=a/b")).await;
            assert_detail(wrong, 400, "`lead_id` must have only letters");
        }),
        status("list.status.active", "active", 2),
        status("list.status.completed", "completed", 3),
        status("list.status.escalated", "escalated", 2),
        status("list.status.abandoned", "abandoned", 2),
        row("list.status.other", |w| async move {
            let wrong = get(&w.server_key(), &format!("{LIST}?status=open")).await;
            assert_detail(wrong, 400, "`status` must be one of active, completed, escalated, abandoned");
        }),
        row("list.channel", |w| async move {
            let mut made = Vec::new();
            for channel in ["whatsapp", "telegram", "web", "voice"] {
                made.push((channel, open(&w, json!({ "channel": channel })).await["id"].clone()));
            }
            for (channel, id) in made {
                assert_eq!(found(&w, &format!("?channel={channel}")).await, [id]);
            }
            assert_detail(get(&w.server_key(), &format!("{LIST}?channel=fax")).await, 400, "`channel` must be one of");
        }),
        row("list.total", |w| async move {
            for _ in 0..3 {
                let _ = open(&w, json!({})).await;
            }
            let answer = get(&w.server_key(), &format!("{LIST}?size=2")).await;
            assert_eq!(answer.header("x-total-exact"), None);
            assert_eq!(answer.expect(200)["total"], 3);
        }),
        row("list.paging", |w| async move {
            let list = page(&w, "?page=2&size=5").await;
            has_keys(&list, &["conversations", "total", "page", "size"]);
            assert_eq!(list, json!({ "conversations": [], "total": 0, "page": 2, "size": 5 }));
            assert_eq!(page(&w, "").await, json!({ "conversations": [], "total": 0, "page": 1, "size": 20 }));
        }),
        row("list.unknown", |w| async move {
            let wrong = get(&w.server_key(), &format!("{LIST}?limit=5")).await;
            assert_detail(wrong, 400, "Unknown parameter `limit`");
        }),
    ]
}
