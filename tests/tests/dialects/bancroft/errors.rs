use deskless_domain::{Clock, Scope};
use deskless_tests::KeyOptions;
use http::Method;
use serde_json::json;

use super::{CREATE, LIST, assert_detail, at, create, example, get};
use crate::rows::{Row, row, send};

pub fn rows() -> Vec<Row> {
    vec![
        row("rule.slash", |w| async move {
            let base = LIST.trim_end_matches('/');
            let role = w.server_key();
            let body = json!({ "subject": "Help", "user_email": "a@example.com" });
            let made = role.post(&format!("{base}/create"), &body).await.expect(201);
            assert_eq!(get(&role, base).await.expect(200)["count"], 1);
            let one = format!("{base}/{}", made["id"].as_str().expect("an id"));
            let body = json!({ "body": "Hi", "user_email": "a@example.com" });
            let _ = role.post(&format!("{one}/messages/create"), &body).await.expect(201);
            assert_eq!(get(&role, &format!("{one}/messages")).await.expect(200)["count"], 1);
            assert_eq!(get(&role, &one).await.expect(200)["id"], made["id"]);
            let _ = role.post(&format!("{one}/resolve"), &json!({})).await.expect(200);
        }),
        row("rule.key", |w| async move {
            let made = example(&w).await;
            let secret = w.key().secret.reveal().to_owned();
            let answer = w.anon().ask(Method::GET, &at(&made, "")).header("x-api-key", &secret).send().await;
            assert_eq!(answer.expect(200)["id"], made["id"]);
        }),
        row("error.401", |w| async move {
            assert_detail(get(&w.anon(), LIST).await, 401, "no API key");
            assert_detail(get(&w.with_secret("bnc_sv_unknown"), LIST).await, 401, "malformed");
            let end = w.clock.now().plus_seconds(1);
            let key = w.make_key(KeyOptions { expires_at: Some(end), ..KeyOptions::default() }).await;
            w.clock.advance_millis(2000);
            assert_detail(get(&w.with_key(&key), LIST).await, 401, "expired");
        }),
        row("error.403", |w| async move {
            let key = w.make_key(KeyOptions { scopes: vec![Scope::ReadConversations], ..KeyOptions::default() }).await;
            let answer = w.with_key(&key).post(CREATE, &json!({ "subject": "Help" })).await;
            assert_detail(answer, 403, "write:conversations");
        }),
        row("error.404", |w| async move {
            let foreign = create(&w.other_workspace(), json!({ "subject": "Theirs" })).await;
            for path in [at(&foreign, ""), format!("{LIST}x/"), format!("{LIST}{}/", uuid())] {
                assert_detail(get(&w.server_key(), &path).await, 404, "does not exist");
            }
            let body = json!({ "body": "Hi", "user_email": "a@example.com" });
            assert_detail(w.server_key().post(&at(&foreign, "messages/create/"), &body).await, 404, "");
            assert_detail(w.server_key().post(&at(&foreign, "resolve/"), &json!({})).await, 404, "");
            assert_detail(get(&w.server_key(), &at(&foreign, "messages/")).await, 404, "");
        }),
        row("error.405", |w| async move {
            let made = example(&w).await;
            assert_detail(send(&w.server_key(), Method::DELETE, &at(&made, ""), None).await, 405, "DELETE");
        }),
        row("error.400", |w| async move {
            let body = json!({ "subject": "Help", "description": "x".repeat(1_000_000) });
            let answer = w.server_key().post(CREATE, &body).await;
            assert_detail(answer, 400, "`description` must be at most");
            let made = example(&w).await;
            let body = json!({ "body": "", "user_email": "customer@example.com" });
            assert_detail(
                w.server_key().post(&at(&made, "messages/create/"), &body).await,
                400,
                "`body` must not be empty",
            );
            let answer = w.server_key().ask(Method::POST, CREATE).body("application/json", "{").send().await;
            assert_detail(answer, 400, "not valid JSON");
        }),
    ]
}

fn uuid() -> &'static str {
    "01979f2e-0000-7000-8000-000000000000"
}
