use deskless_tests::World;
use serde_json::{Value, json};

use super::{LIST, assert_error, create, get, inbox};
use crate::rows::{Row, has_keys, member, open, row};

async fn found(w: &World, query: &str) -> Vec<Value> {
    let list = get(&w.server_key(), &format!("{LIST}?{query}")).await.expect(200);
    let ids: Vec<_> = list["data"].as_array().expect("data").iter().map(|one| one["_id"].clone()).collect();
    assert_eq!(list["pagination"]["total"], ids.len(), "{query}");
    ids
}

fn ids(conversations: &[&Value]) -> Vec<Value> {
    conversations.iter().map(|one| one["id"].clone()).collect()
}

fn status(id: &'static str, shown: &'static str, count: usize) -> Row {
    row(id, move |w| async move {
        let all = [
            ("open", json!({ "status": "open" })),
            ("pending", json!({ "status": "waiting" })),
            ("closed", json!({ "status": "solved", "resolution": "closed" })),
            ("closed", json!({ "status": "solved", "resolution": "completed" })),
            ("closed", json!({ "status": "solved" })),
        ];
        let mut wanted = Vec::new();
        for (own, fields) in all {
            let made = open(&w, fields).await;
            if own == shown {
                wanted.insert(0, made["id"].clone());
            }
        }
        assert_eq!(wanted.len(), count);
        assert_eq!(found(&w, &format!("status={shown}")).await, wanted);
    })
}

fn priority(id: &'static str, shown: &'static str) -> Row {
    row(id, move |w| async move {
        let mut wanted = Vec::new();
        for label in ["low", "medium", "normal", "high", "urgent", "other"] {
            let made = open(&w, json!({ "priority": label })).await;
            if label == shown || (label == "normal" && shown == "medium") {
                wanted.insert(0, made["id"].clone());
            }
        }
        assert_eq!(found(&w, &format!("priority={shown}")).await, wanted);
    })
}

async fn page(w: &World, query: &str) -> Value {
    get(&w.server_key(), &format!("{LIST}?{query}")).await.expect(200)
}

/// Three conversations, two on a page: the first page shows this value.
fn pagination(id: &'static str, field: &'static str, wanted: u64) -> Row {
    row(id, move |w| async move {
        for _ in 0..3 {
            let _ = open(&w, json!({})).await;
        }
        let first = page(&w, "page=1&limit=2").await;
        has_keys(&first["pagination"], &["total", "page", "limit", "totalPages"]);
        assert_eq!(first["pagination"][field], wanted);
    })
}

pub fn rows() -> Vec<Row> {
    vec![
        row("list.route", |w| async move {
            let (first, second) = (open(&w, json!({})).await, open(&w, json!({})).await);
            let _ = w.other_workspace().open(&deskless_tests::minimal_conversation()).await;
            assert_eq!(found(&w, "").await, ids(&[&second, &first]));
        }),
        status("list.status.open", "open", 1),
        status("list.status.closed", "closed", 3),
        status("list.status.pending", "pending", 1),
        row("list.status.other", |w| async move {
            let wrong = get(&w.server_key(), &format!("{LIST}?status=solved")).await;
            assert_error(wrong, 400, "INVALID_REQUEST", "`status` must be one of open, closed, pending");
        }),
        priority("list.priority.low", "low"),
        priority("list.priority.medium", "medium"),
        priority("list.priority.high", "high"),
        priority("list.priority.urgent", "urgent"),
        row("list.assignedTo", |w| async move {
            let agent = member(&w, "agent").await;
            let other = open(&w, json!({})).await;
            let own = open(&w, json!({ "assigneeId": agent["id"] })).await;
            let query = format!("assignedTo={}", agent["id"].as_str().expect("an id"));
            assert_eq!(found(&w, &query).await, ids(&[&own]));
            assert_eq!(found(&w, "assignedTo=none").await, ids(&[&other]));
            let wrong = get(&w.server_key(), &format!("{LIST}?assignedTo=64f0")).await;
            assert_error(wrong, 400, "INVALID_REQUEST", "`assignedTo` must be a UUID");
        }),
        row("list.inboxId", |w| async move {
            let inbox = inbox(&w).await;
            let _ = open(&w, json!({})).await;
            let own = open(&w, json!({ "inboxId": inbox })).await;
            assert_eq!(found(&w, &format!("inboxId={}", inbox.as_str().expect("an id"))).await, ids(&[&own]));
        }),
        row("list.customerId", |w| async move {
            let _ = open(&w, json!({ "customer": { "id": "a" } })).await;
            let own = open(&w, json!({ "customer": { "id": "b" } })).await;
            assert_eq!(found(&w, "customerId=b").await, ids(&[&own]));
            assert_eq!(found(&w, "customerId=c").await, Vec::<Value>::new());
        }),
        row("list.page", |w| async move {
            let mut made = Vec::new();
            for _ in 0..5 {
                made.insert(0, open(&w, json!({})).await["id"].clone());
            }
            let ids = |page: Value| -> Vec<Value> {
                page["data"].as_array().expect("data").iter().map(|one| one["_id"].clone()).collect()
            };
            assert_eq!(ids(page(&w, "limit=2").await), made[..2]);
            assert_eq!(ids(page(&w, "page=2&limit=2").await), made[2..4]);
            assert_eq!(ids(page(&w, "page=3&limit=2").await), made[4..]);
            assert_eq!(ids(page(&w, "page=4&limit=2").await), made[5..]);
            for wrong in ["0", "x"] {
                let answer = get(&w.server_key(), &format!("{LIST}?page={wrong}")).await;
                assert_error(answer, 400, "INVALID_REQUEST", "`page` must be a whole number of at least 1");
            }
            let beyond = get(&w.server_key(), &format!("{LIST}?page=202")).await;
            assert_error(beyond, 400, "INVALID_REQUEST", "`page` must be at most 201");
        }),
        row("list.limit", |w| async move {
            for _ in 0..51 {
                let _ = open(&w, json!({})).await;
            }
            let length = async |query: &str| page(&w, query).await["data"].as_array().expect("data").len();
            assert_eq!((length("").await, length("limit=100").await), (50, 51));
            let wrong = get(&w.server_key(), &format!("{LIST}?limit=101")).await;
            assert_error(wrong, 400, "INVALID_REQUEST", "`limit` must be a whole number from 1 to 100");
        }),
        row("list.unknown", |w| async move {
            let wrong = get(&w.server_key(), &format!("{LIST}?channel=email")).await;
            assert_error(wrong, 400, "INVALID_REQUEST", "Unknown parameter `channel`");
        }),
        row("list.success", |w| async move {
            let list = page(&w, "").await;
            has_keys(&list, &["success", "data", "pagination"]);
            assert_eq!(list["success"], true);
        }),
        row("list.data", |w| async move {
            let made = create(&w, json!({})).await;
            assert_eq!(page(&w, "").await["data"], json!([made]));
        }),
        pagination("list.pagination.total", "total", 3),
        pagination("list.pagination.page", "page", 1),
        pagination("list.pagination.limit", "limit", 2),
        pagination("list.pagination.totalPages", "totalPages", 2),
    ]
}
