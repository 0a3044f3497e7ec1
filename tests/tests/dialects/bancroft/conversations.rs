use serde_json::{Value, json};

use super::{CONVERSATION, LIST, assert_detail, at, create, example, get, visitor};
use crate::rows::{Row, has_keys, open, ours, row, update};

async fn found(w: &deskless_tests::World, query: &str) -> Vec<Value> {
    let list = get(&w.server_key(), &format!("{LIST}{query}")).await.expect(200);
    list["results"].as_array().expect("results").iter().map(|one| one["id"].clone()).collect()
}

fn status(id: &'static str, shown: &'static str, states: &'static [(&'static str, Option<&'static str>)]) -> Row {
    row(id, move |w| async move {
        let all = [
            ("open", None),
            ("waiting", None),
            ("solved", Some("resolved")),
            ("solved", Some("completed")),
            ("solved", Some("closed")),
            ("solved", Some("abandoned")),
        ];
        let mut wanted = Vec::new();
        for state in all {
            let mut fields = json!({ "status": state.0 });
            if let Some(resolution) = state.1 {
                fields["resolution"] = json!(resolution);
            }
            let made = open(&w, fields).await;
            if states.contains(&state) {
                wanted.insert(0, made["id"].clone());
                assert_eq!(get(&w.server_key(), &at(&made, "")).await.expect(200)["status"], shown);
            }
        }
        assert_eq!(found(&w, &format!("?status={shown}")).await, wanted);
        let list = get(&w.server_key(), &format!("{LIST}?status={shown}")).await.expect(200);
        assert_eq!(list["count"], wanted.len());
    })
}

fn list() -> Vec<Row> {
    vec![
        row("list.route", |w| async move {
            let (first, second) = (example(&w).await, example(&w).await);
            let _ = create(&w.other_workspace(), json!({ "subject": "Theirs" })).await;
            assert_eq!(found(&w, "").await, [second["id"].clone(), first["id"].clone()]);
        }),
        row("list.shape", |w| async move {
            let _ = (example(&w).await, example(&w).await);
            let list = get(&w.server_key(), &format!("{LIST}?limit=1")).await;
            assert_eq!(list.header("x-total-exact"), None);
            let list = list.expect(200);
            has_keys(&list, &["count", "results"]);
            has_keys(&list["results"][0], &CONVERSATION);
            assert_eq!((&list["count"], list["results"].as_array().expect("results").len()), (&json!(2), 1));
        }),
        row("list.key.client", |w| async move {
            let (browser, made) = visitor(&w).await;
            let _ = example(&w).await;
            let list = get(&browser, LIST).await.expect(200);
            assert_eq!((&list["count"], &list["results"][0]["id"]), (&json!(1), &made["id"]));
            update(&w, &made["id"], json!({ "status": "solved", "resolution": "closed" })).await;
            assert_eq!(get(&browser, &format!("{LIST}?status=closed")).await.expect(200)["count"], 1);
            assert_eq!(get(&browser, &format!("{LIST}?status=resolved")).await.expect(200)["count"], 0);
            // A client key alone proves nothing about who asks.
            assert_detail(get(&w.client_key(), LIST).await, 403, "X-Customer-Token");
        }),
        row("list.user_email", |w| async move {
            let made = example(&w).await;
            let _ = create(&w.server_key(), json!({ "subject": "Help", "user_email": "other@example.com" })).await;
            assert_eq!(found(&w, "?user_email=Customer@example.com").await, [made["id"].clone()]);
            assert_eq!(found(&w, "?user_email=nobody@example.com").await, Vec::<Value>::new());
            let (browser, _) = visitor(&w).await;
            assert_detail(get(&browser, &format!("{LIST}?user_email=customer@example.com")).await, 403, "user_email");
            assert_detail(get(&w.client_key(), &format!("{LIST}?user_email=customer@example.com")).await, 403, "");
        }),
        status("list.status.open", "open", &[("open", None)]),
        status("list.status.pending", "pending", &[("waiting", None)]),
        status("list.status.resolved", "resolved", &[("solved", Some("resolved")), ("solved", Some("completed"))]),
        status("list.status.closed", "closed", &[("solved", Some("closed")), ("solved", Some("abandoned"))]),
        row("list.status.other", |w| async move {
            let wrong = get(&w.server_key(), &format!("{LIST}?status=solved")).await;
            assert_detail(wrong, 400, "`status` must be one of open, pending, resolved, closed");
        }),
        row("list.limit", |w| async move {
            for _ in 0..21 {
                let _ = create(&w.server_key(), json!({ "subject": "Help" })).await;
            }
            assert_eq!((found(&w, "").await.len(), found(&w, "?limit=100").await.len()), (20, 21));
            for wrong in ["101", "0", "-1", "x"] {
                let answer = get(&w.server_key(), &format!("{LIST}?limit={wrong}")).await;
                assert_detail(answer, 400, "`limit` must be a whole number from 1 to 100");
            }
        }),
        row("list.offset", |w| async move {
            let mut made = Vec::new();
            for _ in 0..5 {
                made.insert(0, create(&w.server_key(), json!({ "subject": "Help" })).await["id"].clone());
            }
            assert_eq!(found(&w, "?limit=2&offset=2").await, made[2..4]);
            assert_eq!(found(&w, "?offset=5").await, Vec::<Value>::new());
            let beyond = get(&w.server_key(), &format!("{LIST}?offset=10001")).await;
            assert_detail(beyond, 400, "`offset` must be at most 10,000");
        }),
        row("list.unknown", |w| async move {
            let wrong = get(&w.server_key(), &format!("{LIST}?state=open")).await;
            assert_detail(wrong, 400, "Unknown parameter `state`");
        }),
    ]
}

fn others() -> Vec<Row> {
    vec![
        row("retrieve.route", |w| async move {
            let made = example(&w).await;
            assert_eq!(get(&w.server_key(), &at(&made, "")).await.expect(200), made);
        }),
        row("retrieve.key.client", |w| async move {
            let (browser, made) = visitor(&w).await;
            update(&w, &made["id"], json!({ "priority": "urgent", "metadata": { "internal": true } })).await;
            let shown = get(&browser, &at(&made, "")).await.expect(200);
            has_keys(&shown, &CONVERSATION);
            assert_eq!((&shown["id"], &shown["priority"], &shown["metadata"]), (&made["id"], &Value::Null, &json!({})));
            let foreign = example(&w).await;
            assert_detail(get(&browser, &at(&foreign, "")).await, 404, "does not exist");
            assert_detail(get(&w.client_key(), &at(&made, "")).await, 403, "X-Customer-Token");
        }),
        row("resolve.route", |w| async move {
            let made = example(&w).await;
            let resolved = w.server_key().post(&at(&made, "resolve/"), &json!({})).await.expect(200);
            has_keys(&resolved, &CONVERSATION);
            for field in ["id", "number", "subject"] {
                assert_eq!(resolved[field], made[field]);
            }
            // Without a body, as the document shows it.
            let again = crate::rows::send(&w.server_key(), http::Method::POST, &at(&made, "resolve/"), None).await;
            assert_eq!(again.expect(200)["status"], "closed");
        }),
        row("resolve.status", |w| async move {
            let made = example(&w).await;
            let resolved = w.server_key().post(&at(&made, "resolve/"), &json!({})).await.expect(200);
            assert_eq!(resolved["status"], "closed");
            let here = ours(&w, &made["id"]).await;
            assert_eq!((&here["status"], &here["resolution"]), (&json!("solved"), &json!("closed")));
        }),
        row("resolve.key", |w| async move {
            let (browser, made) = visitor(&w).await;
            assert_detail(browser.post(&at(&made, "resolve/"), &json!({})).await, 403, "server key");
            assert_detail(w.client_key().post(&at(&made, "resolve/"), &json!({})).await, 403, "server key");
        }),
    ]
}

pub fn rows() -> Vec<Row> {
    [list(), others()].into_iter().flatten().collect()
}
